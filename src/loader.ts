// `EbpfLoader`: aya's builder, chainable.

import {
  checkBoolean,
  checkBytes,
  checkInteger,
  checkName,
  checkPath,
  type BytesLike,
  type PathLike,
} from './arguments.ts'
import { nativeBtf, type Btf } from './kernel-btf.ts'
import { Ebpf } from './ebpf.ts'
import type { Binding } from './native.ts'
import { checkLogLevel, configure } from './options.ts'
import { withStackOf } from './promises.ts'

/**
 * Builder for loading with options: aya's `EbpfLoader`. {@link Ebpf.load} takes the same options as one object, which is
 * shorter, types the result, and refuses names that the object does not have.
 *
 * It can load several objects; options that are set stay set.
 */
export class EbpfLoader {
  readonly #native: Binding.EbpfLoader = configure({})

  /** Relocates against this BTF instead of the running kernel's; `null` turns relocation off. */
  btf(btf: Btf | null): this {
    this.#native.btf(btf === null ? null : nativeBtf('btf', btf))
    return this
  }

  /** Opens objects with maps of types that aya does not know; such maps can be read as bytes. */
  allowUnsupportedMaps(): this {
    this.#native.allowUnsupportedMaps()
    return this
  }

  /** Where maps that the object pins by name live. Default: `/sys/fs/bpf`. The directory must exist. */
  defaultMapPinDirectory(path: PathLike): this {
    this.#native.defaultMapPinDirectory(checkPath('path', path))
    return this
  }

  /**
   * Sets the initial value of a global variable.
   *
   * @param value As many bytes as the variable has, in this machine's byte order.
   * @param mustExist Whether loading fails when the object has no such variable.
   */
  overrideGlobal(name: string, value: BytesLike, mustExist: boolean): this {
    this.#native.overrideGlobal(
      checkName('name', name),
      checkBytes('value', value),
      checkBoolean('mustExist', mustExist),
    )
    return this
  }

  /** Sets how many entries a map has room for. As in aya, a name that the object does not have is ignored. */
  mapMaxEntries(name: string, maxEntries: number): this {
    this.#native.mapMaxEntries(checkName('name', name), checkInteger('maxEntries', maxEntries, 0, 2 ** 32 - 1))
    return this
  }

  /** Uses the map that is pinned at `path`, or pins the new one there. As in aya, an unknown name is ignored. */
  mapPinPath(name: string, path: PathLike): this {
    this.#native.mapPinPath(checkName('name', name), checkPath('path', path))
    return this
  }

  /** Treats the program of this name as an extension (`freplace`), whatever its section says. */
  extension(name: string): this {
    this.#native.extension(checkName('name', name))
    return this
  }

  /** What the verifier logs when it refuses a program, see {@link VerifierLogLevel}. Default: 5. */
  verifierLogLevel(level: number): this {
    this.#native.verifierLogLevel(checkLogLevel('level', level))
    return this
  }

  /** See {@link Ebpf.load}. */
  load(data: BytesLike): Ebpf {
    return new Ebpf(this.#native.load(checkBytes('data', data)))
  }

  /** See {@link Ebpf.loadFile}. */
  loadFile(path: PathLike): Ebpf {
    return new Ebpf(this.#native.loadFile(checkPath('path', path)))
  }

  /** See {@link Ebpf.loadAsync}. */
  async loadAsync(data: BytesLike): Promise<Ebpf> {
    return new Ebpf(await withStackOf(this.loadAsync, this.#native.loadAsync(checkBytes('data', data))))
  }

  /** See {@link Ebpf.loadFileAsync}. */
  async loadFileAsync(path: PathLike): Promise<Ebpf> {
    return new Ebpf(await withStackOf(this.loadFileAsync, this.#native.loadFileAsync(checkPath('path', path))))
  }
}
