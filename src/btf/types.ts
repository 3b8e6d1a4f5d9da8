// Types as BTF describes them, one shape for each kind, named as bpftool names them.

/** A type. References to others are ids; 0 is `void`. */
export type BtfType =
  | VoidType
  | IntType
  | PointerType
  | ArrayType
  | StructType
  | EnumType
  | ForwardType
  | ModifierType
  | FunctionType
  | FunctionPrototypeType
  | VariableType
  | DataSectionType
  | FloatType
  | DeclarationTagType

/** `void`: the type of id 0, which is in no blob. */
export interface VoidType {
  readonly kind: 'void'
  readonly name: ''
}

/** An integer, `char` and `bool` included. */
export interface IntType {
  readonly kind: 'int'
  readonly name: string
  /** In bytes: 1, 2, 4, 8 or 16. */
  readonly size: number
  readonly signed: boolean
  readonly bool: boolean
  /** How many bits count: fewer than `size * 8` in bit-fields as old compilers wrote them. */
  readonly bits: number
  /** Where those bits begin. */
  readonly bitOffset: number
}

export interface PointerType {
  readonly kind: 'ptr'
  readonly name: ''
  readonly type: number
}

export interface ArrayType {
  readonly kind: 'array'
  readonly name: ''
  readonly type: number
  /** How many elements; 0 for flexible arrays. */
  readonly length: number
}

export interface StructType {
  readonly kind: 'struct' | 'union'
  /** `''` for an anonymous one. */
  readonly name: string
  /** In bytes. */
  readonly size: number
  readonly members: readonly Member[]
}

export interface Member {
  /** `''` for an anonymous struct or union. */
  readonly name: string
  readonly type: number
  /** From the beginning of the struct, in bits. */
  readonly bitOffset: number
  /** The width of a bit-field; 0 where it is none, or where the type has it (`IntType.bits`). */
  readonly bits: number
}

export interface EnumType {
  readonly kind: 'enum' | 'enum64'
  readonly name: string
  /** In bytes: 1, 2, 4 or 8. */
  readonly size: number
  readonly signed: boolean
  readonly constants: readonly { readonly name: string; readonly value: bigint }[]
}

/** A struct or union that is declared only. */
export interface ForwardType {
  readonly kind: 'fwd'
  readonly name: string
  readonly union: boolean
}

export interface ModifierType {
  readonly kind: 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag'
  /** That of a typedef or a tag; `''` for the others. */
  readonly name: string
  readonly type: number
}

export interface FunctionType {
  readonly kind: 'func'
  readonly name: string
  readonly type: number
  readonly linkage: number
}

export interface FunctionPrototypeType {
  readonly kind: 'func_proto'
  readonly name: ''
  readonly type: number
  /** The last one has type 0 in a function of variable arguments. */
  readonly parameters: readonly { readonly name: string; readonly type: number }[]
}

export interface VariableType {
  readonly kind: 'var'
  readonly name: string
  readonly type: number
  /** 0 static, 1 global, 2 extern. */
  readonly linkage: number
}

export interface DataSectionType {
  readonly kind: 'datasec'
  readonly name: string
  /** In bytes; 0 as compilers write it: {@link readObject} fills it in. */
  readonly size: number
  readonly variables: readonly SectionVariable[]
}

export interface SectionVariable {
  /** The id of a `var`. */
  readonly type: number
  /** From the beginning of the section, in bytes. */
  readonly offset: number
  /** In bytes. */
  readonly size: number
}

export interface FloatType {
  readonly kind: 'float'
  readonly name: string
  /** In bytes. */
  readonly size: number
}

export interface DeclarationTagType {
  readonly kind: 'decl_tag'
  readonly name: string
  readonly type: number
  /** Which member or argument it is about; -1 for the type itself. */
  readonly component: number
}
