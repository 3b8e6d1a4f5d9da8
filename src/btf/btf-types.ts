// The types of one blob of BTF: to walk, to lay out, to get codecs for.

import { EbpfError } from '../errors.ts'
import type { Codec } from './codec.ts'
import { Layouts } from './layout.ts'
import { makeCodec } from './make-codec.ts'
import { nameOf, resolve, sizeOf, typeOf, type Resolved, type TypeSource } from './resolve.ts'
import type { Shape } from './shape.ts'
import type { BtfType } from './types.ts'

/** Types by id. Ids count from 1; 0 is `void`. */
export class BtfTypes {
  readonly #source: TypeSource
  readonly #layouts: Layouts
  readonly #codecs = new Map<number, Codec>()

  constructor(source: TypeSource) {
    this.#source = source
    this.#layouts = new Layouts(source)
  }

  /** The greatest id. */
  get count(): number {
    return this.#source.count
  }

  /** The byte order that the types are for: an object's is that of the machine it was compiled for. */
  get littleEndian(): boolean {
    return this.#source.littleEndian
  }

  /** The type of an id, read when first asked for. @throws {EbpfError} `ERR_EBPF_BTF` */
  type(id: number): BtfType {
    return typeOf(this.#source, id)
  }

  /** The ids of all types of these kinds, in the order of the file; of all kinds when none is named. */
  *ids(...kinds: readonly BtfType['kind'][]): IterableIterator<number> {
    for (let id = 1; id <= this.count; id++) {
      if (kinds.length === 0 || kinds.includes(this.#source.kind(id))) yield id
    }
  }

  /** The id of the first type of this name, among these kinds. */
  find(name: string, ...kinds: readonly BtfType['kind'][]): number | undefined {
    for (const id of this.ids(...kinds)) {
      if (this.#source.type(id).name === name) return id
    }
    return undefined
  }

  /** What is behind typedefs, qualifiers and tags. @throws {EbpfError} `ERR_EBPF_BTF` */
  resolve(id: number): Resolved {
    return resolve(this.#source, id)
  }

  /** The type as C writes it: `struct flow`, `__be16`, `char[16]`. */
  nameOf(id: number): string {
    return nameOf(this.#source, id)
  }

  /** {@link nameOf}; nothing where the id leads to no type. */
  nameIfAny(id: number): string | undefined {
    return ifTyped(() => this.nameOf(id))
  }

  /** The size of a value in bytes. @throws {EbpfError} `ERR_EBPF_BTF` for types without size. */
  sizeOf(id: number): number {
    return sizeOf(this.#source, id)
  }

  /** What the type becomes in JavaScript, with offsets. @throws {EbpfError} `ERR_EBPF_BTF` */
  shapeOf(id: number): Shape {
    return this.#layouts.shapeOf(id)
  }

  /** {@link shapeOf}; nothing for types that have no values, which are read and written as bytes. */
  shapeIfAny(id: number): Shape | undefined {
    return ifTyped(() => this.shapeOf(id))
  }

  /** {@link codec}; nothing for types that have no values. */
  codecIfAny(id: number): Codec | undefined {
    return this.shapeIfAny(id) && this.codec(id)
  }

  /**
   * Reads and writes values of the type; made once.
   *
   * @throws {EbpfError} `ERR_EBPF_BTF` for types that have no values: void, functions, flexible arrays, what is only declared.
   */
  codec(id: number): Codec {
    let codec = this.#codecs.get(id)
    if (codec === undefined) this.#codecs.set(id, (codec = makeCodec(this.shapeOf(id))))
    return codec
  }
}

/** What `attempt` gives; nothing where it throws `ERR_EBPF_BTF`. */
function ifTyped<T>(attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch (error) {
    if (EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_BTF') return undefined
    throw error
  }
}
