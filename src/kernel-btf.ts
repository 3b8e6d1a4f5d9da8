// `Btf`: the type information of a kernel, to relocate objects against.

import { checkBytes, checkPath, illegalConstructor, notInstance, type BytesLike, type PathLike } from './arguments.ts'
import { native, type Binding } from './native.ts'

/** The addon's BTF in ours; set by the class, which alone can look inside. @internal */
export let nativeBtf: (name: string, btf: unknown) => Binding.Btf

/** The type information of a kernel, parsed: aya's `Btf`. Give it to a loader. */
export class Btf {
  readonly #native: Binding.Btf

  /** @internal */
  constructor(btf: Binding.Btf) {
    if (!(btf instanceof native().Btf))
      throw illegalConstructor('Btf', 'Btf.fromSysFs(), Btf.parseFile() or Btf.parse()')
    this.#native = btf
  }

  /**
   * That of the running kernel, from `/sys/kernel/btf/vmlinux`: what a loader uses anyway.
   *
   * @throws {EbpfError} `ERR_EBPF_FILE`, `ERR_EBPF_BTF`.
   */
  static fromSysFs(): Btf {
    return new Btf(native().Btf.fromSysFs())
  }

  /**
   * That in a file of raw BTF, in this machine's byte order.
   *
   * @throws {EbpfError} `ERR_EBPF_FILE`, `ERR_EBPF_BTF`.
   */
  static parseFile(path: PathLike): Btf {
    return new Btf(native().Btf.parseFile(checkPath('path', path)))
  }

  /**
   * That in raw BTF, in this machine's byte order.
   *
   * @throws {EbpfError} `ERR_EBPF_BTF`.
   */
  static parse(data: BytesLike): Btf {
    return new Btf(native().Btf.parse(checkBytes('data', data)))
  }

  static {
    nativeBtf = (name, btf) => {
      if (typeof btf !== 'object' || btf === null || !(#native in btf)) {
        throw notInstance(name, 'Btf', btf, ' or null')
      }
      return btf.#native
    }
  }
}
