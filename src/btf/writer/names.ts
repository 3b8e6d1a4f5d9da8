// Names from an object as names in TypeScript. They are data: anybody can have written them.

/** Longer names of types are cut off: with a longer one, no line that it begins would fit. */
const maxTypeName = 70

/** Hands out names for types, each once. */
export class TypeNames {
  readonly #taken = new Set<string>()
  /** The number that comes next, for names that have been numbered: thousands of types can share one. */
  readonly #next = new Map<string, number>()

  /** @param reserved Names that no type may have: what the file imports, and JavaScript's own. */
  constructor(reserved: Iterable<string>) {
    for (const name of [...reserved, ...builtIn]) this.#taken.add(name)
  }

  /** Whether a type cannot be called so any more. */
  isTaken(name: string): boolean {
    return this.#taken.has(name)
  }

  /**
   * A name for a type, after the first of these names of which something can stay: `flow_key` becomes `FlowKey`.
   *
   * @param kind What it is, for where the name is taken: `struct HashMap` becomes `HashMapStruct`.
   */
  take(candidates: readonly string[], kind: 'Struct' | 'Union' | 'Enum' | 'Object'): string {
    const plain = candidates.map(typeName).find((name) => name !== '') ?? kind
    const suffixed = this.#taken.has(plain) && !plain.endsWith(kind) ? plain + kind : plain
    const free = this.#taken.has(plain) ? suffixed : plain
    let numbered = free
    let number = this.#next.get(free) ?? 2
    for (; this.#taken.has(numbered); number++) numbered = `${free}${number}`
    this.#next.set(free, number)
    this.#taken.add(numbered)
    return numbered
  }
}

/** A C name in the spelling of types, `''` when nothing of it can stay: `flow_key_t` becomes `FlowKey`, Rust's `Key<u32>` `Key`. */
export function typeName(name: string): string {
  // bpf-linker spells `<` as `_3C_`.
  const plain = name.replace(/(?<=\w)(?:<|_3C_).*$/, '')
  const words = plain.replace(/(?<=\w)_t$/, '').match(/[A-Za-z0-9]+/g) ?? []
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return (/^\d/.test(joined) ? `_${joined}` : joined).slice(0, maxTypeName)
}

/** The name of an object by its file: `my-filter.bpf.o` is `MyFilter`. */
export function objectName(file: string): string {
  return typeName(file.replace(/(?:\.bpf)?\.o$/, ''))
}

/** A name as that of a property in a type. */
export function propertyName(name: string): string {
  return isIdentifier(name) ? name : quoted(name)
}

/** A name as that of a property of an object, where `__proto__` would be no property but the prototype. */
export function keyName(name: string): string {
  return name === '__proto__' ? `['__proto__']` : propertyName(name)
}

/** Whether this can be written as a name: in ASCII, whatever else the language allows. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name)
}

/** A text in quotes, chosen as prettier does: single ones, unless that takes more backslashes. */
export function quoted(text: string): string {
  const count = (quote: string): number => text.split(quote).length - 1
  const quote = count("'") > count('"') ? '"' : "'"
  const escaped = text.replace(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escape)
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote
}

/** A text that can stand in a comment and does not end it. */
export function commented(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escape).replaceAll('*/', '*\\/')
}

function escape(character: string): string {
  if (character === '\\') return '\\\\'
  const code = character.codePointAt(0) ?? 0
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Types and values that every file of TypeScript knows: one of ours with such a name would hide it. */
const builtIn = `
  AggregateError Array ArrayBuffer ArrayLike Atomics Awaited BigInt BigInt64Array BigUint64Array Boolean DataView Date
  Disposable Error EvalError Exclude Extract FinalizationRegistry Float32Array Float64Array Function Infinity
  InstanceType Int16Array Int32Array Int8Array Intl Iterable Iterator JSON Map Math NaN NonNullable Number Object Omit
  Parameters Partial Pick Promise PropertyKey Proxy RangeError Readonly ReadonlyArray ReadonlyMap ReadonlySet Record
  ReferenceError Reflect RegExp Required ReturnType Set SharedArrayBuffer String Symbol SyntaxError TypeError URIError
  Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet`.match(/\S+/g)!
