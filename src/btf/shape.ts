// What a C type becomes in JavaScript: the plan that codecs follow, and that the writer of types prints.

/** The plan for one type. */
export type Shape =
  NumberShape | BigIntShape | BooleanShape | BitsShape | StringShape | BytesShape | ArrayShape | RecordShape

interface Common {
  /** In bytes. */
  readonly size: number
  /** The type as messages call it: `__be16`, `struct flow`. */
  readonly typeName: string
  /** How many values of JavaScript one value consists of. */
  readonly values: number
  /** How deep it nests: 1 for a number. */
  readonly depth: number
}

/** Integers to 32 bits, enums among them, and floating point. */
export interface NumberShape extends Common {
  readonly kind: 'number'
  /** As the methods of `DataView` are called. */
  readonly format: NumberFormat
  readonly littleEndian: boolean
  /** The id of the enum whose values these are. */
  readonly enumId?: number
}

export type NumberFormat = 'Uint8' | 'Int8' | 'Uint16' | 'Int16' | 'Uint32' | 'Int32' | 'Float32' | 'Float64'

/** Integers of 64 and 128 bits, and pointers. */
export interface BigIntShape extends Common {
  readonly kind: 'bigint'
  readonly signed: boolean
  readonly littleEndian: boolean
  readonly enumId?: number
}

/** `bool` in a byte. */
export interface BooleanShape extends Common {
  readonly kind: 'boolean'
}

/** A bit-field: `width` bits from bit `shift` on, in as many bytes as it touches. */
export interface BitsShape extends Common {
  readonly kind: 'bits'
  /** Counted from the lowest bit in little-endian memory, from the highest one in big-endian memory. */
  readonly shift: number
  readonly width: number
  readonly signed: boolean
  readonly littleEndian: boolean
  /** `bigint` from 54 bits on: what a number cannot hold. */
  readonly result: 'number' | 'bigint' | 'boolean'
  readonly enumId?: number
}

/** `char[N]`. */
export interface StringShape extends Common {
  readonly kind: 'string'
}

/** `__u8[N]`, and what JavaScript has no number for (`long double`). */
export interface BytesShape extends Common {
  readonly kind: 'bytes'
}

export interface ArrayShape extends Common {
  readonly kind: 'array'
  readonly element: Shape
  readonly length: number
}

/** A struct or union, or the variables of a data section. */
export interface RecordShape extends Common {
  readonly kind: 'record'
  /** The id of the struct, union or section. */
  readonly typeId: number
  /** Its own name, or that of the typedef that it came by; `''` where it has none. */
  readonly name: string
  readonly union: boolean
  readonly parts: readonly Part[]
  /** The names of all fields, those of anonymous members included. */
  readonly names: readonly string[]
}

/** What a struct or union consists of. Flexible arrays (`x[]`, `x[0]`) and nameless padding have no value: they are no parts. */
export type Part = Field | Group

/** A member with a name. */
export interface Field {
  readonly kind: 'field'
  readonly name: string
  /** From the beginning of the record, in bytes. */
  readonly offset: number
  readonly shape: Shape
}

/** An anonymous struct or union: its fields are fields of the record. */
export interface Group {
  readonly kind: 'group'
  readonly union: boolean
  readonly parts: readonly Part[]
  readonly names: readonly string[]
}

/** The names of the fields of a part. */
export function namesOf(part: Part): readonly string[] {
  return part.kind === 'field' ? [part.name] : part.names
}

/** The least and the greatest value of an integer of so many bits. */
export function integerRange(bits: number, signed: boolean): readonly [minimum: bigint, maximum: bigint] {
  const half = 1n << BigInt(signed ? bits - 1 : bits)
  return [signed ? -half : 0n, half - 1n]
}
