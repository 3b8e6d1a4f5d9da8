// What generated decoders and encoders have in common: constants, functions made once, what is written in line.

import type { Part, Shape } from './shape.ts'

/** Code of one kind: functions that call one another, and the shapes that they refer to. */
export abstract class Code {
  readonly functions: string[] = []
  readonly constants: unknown[] = []
  readonly #names = new Map<Shape, string>()
  readonly #prefix: string
  #variables = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The name of the function for a shape. */
  functionOf(shape: Shape): string {
    const known = this.#names.get(shape)
    if (known !== undefined) return known
    const name = `${this.#prefix}${this.#names.size}`
    this.#names.set(shape, name)
    this.functions.push(this.write(name, shape))
    return name
  }

  /** Lines that name the constants, which are in an array of this name. */
  declarations(array: string): string[] {
    return this.constants.map((_, index) => `const ${this.#prefix}_${index} = ${array}[${index}]`)
  }

  /** The text of a function for a shape. */
  protected abstract write(name: string, shape: Shape): string

  protected constant(value: unknown): string {
    let index = this.constants.indexOf(value)
    if (index < 0) index = this.constants.push(value) - 1
    return `${this.#prefix}_${index}`
  }

  /** A variable that no other code has. */
  protected variable(): string {
    return `x${this.#variables++}`
  }
}

/** Whether a shape is small enough to be written where it is used, as often as it is. */
export function isSmall(shape: Shape): boolean {
  return leaves(shape, maxInline) <= maxInline
}

const maxInline = 32

/** How many members a shape has in the end; counts to a little above `limit` only. */
function leaves(shape: Shape, limit: number): number {
  if (shape.kind === 'array') return 1 + leaves(shape.element, limit)
  if (shape.kind !== 'record') return 1
  return leavesOf(shape.parts, limit)
}

function leavesOf(parts: readonly Part[], limit: number): number {
  let sum = 0
  for (const part of parts) {
    if (sum > limit) break
    sum += part.kind === 'field' ? leaves(part.shape, limit - sum) : leavesOf(part.parts, limit - sum)
  }
  return sum
}

/** `o + 4`, or `o`. */
export function at(offset: string, bytes: number): string {
  return bytes === 0 ? offset : `${offset} + ${bytes}`
}
