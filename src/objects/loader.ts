// `EbpfLoader`: aya's builder, chainable.

import {
  checkBoolean,
  checkBytes,
  checkInteger,
  checkName,
  checkPath,
  type BytesLike,
  type PathLike,
} from '../arguments.ts'
import { nativeBtf, type Btf } from '../kernel-btf.ts'
import { nativeMap, type MapBase } from '../maps/map-base.ts'
import type { Binding } from '../native.ts'
import { withStackOf } from '../promises.ts'
import { Ebpf } from './ebpf.ts'
import { isBytes, type InitialValue } from './initial-values.ts'
import { open, openAsync } from './open.ts'
import { checkLogLevel, checkSizable, newLoader, type LoadOptions } from './options.ts'
import { fromBytes, fromFile, fromFileAsync } from './source.ts'
import type { ObjectTypes } from './types.ts'

/**
 * Builder for loading with options: aya's `EbpfLoader`. {@link Ebpf.load} takes the same options as one object, which is
 * shorter, types the result, and refuses names that the object does not have.
 *
 * It can load several objects; options that are set stay set.
 */
export class EbpfLoader {
  readonly #native: Binding.EbpfLoader = newLoader()
  /** Initial values that need the types of an object, by name. */
  readonly #values = new Map<string, InitialValue>()
  /** Those that are bytes, and must be there. */
  readonly #bytes = new Map<string, Uint8Array>()

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
   * @param value A value of the variable's type, or as many bytes as it has, in this machine's byte order. Values are
   *   checked, and taken, when something is loaded.
   * @param mustExist Whether loading fails when the object has no such variable.
   */
  overrideGlobal(name: string, value: unknown, mustExist: boolean): this {
    checkName('name', name)
    checkBoolean('mustExist', mustExist)
    // The later setting of a name holds.
    this.#values.delete(name)
    this.#bytes.delete(name)
    if (isBytes(value)) {
      const bytes = checkBytes('value', value)
      this.#native.overrideGlobal(name, bytes, mustExist)
      if (mustExist) this.#bytes.set(name, bytes)
    } else this.#values.set(name, { name, value, mustExist })
    return this
  }

  /** Sets how many entries a map has room for. As in aya, a name that the object does not have is ignored. */
  mapMaxEntries(name: string, maxEntries: number): this {
    checkSizable('name', checkName('name', name))
    this.#native.mapMaxEntries(name, checkInteger('maxEntries', maxEntries, 0, 2 ** 32 - 1))
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

  /**
   * Uses this map for the one of this name, which must have the same shape, see {@link LoadOptions.maps}. It must be open
   * whenever something is loaded.
   */
  useMap(name: string, map: MapBase): this {
    this.#native.useMap(checkName('name', name), nativeMap('map', map))
    return this
  }

  /** See {@link Ebpf.load}. */
  load(data: BytesLike): Ebpf {
    return new Ebpf(open(fromBytes(data), this.#native, ...this.#given()))
  }

  /** See {@link Ebpf.loadFile}. */
  loadFile(path: PathLike): Ebpf {
    return new Ebpf(open(fromFile(path), this.#native, ...this.#given()))
  }

  /** See {@link Ebpf.loadAsync}. */
  async loadAsync(data: BytesLike): Promise<Ebpf> {
    return new Ebpf(await withStackOf(this.loadAsync, openAsync(fromBytes(data), this.#native, ...this.#given())))
  }

  /** See {@link Ebpf.loadFileAsync}. Options that are set while the file is being read come too late. */
  async loadFileAsync(path: PathLike): Promise<Ebpf> {
    const opening = openAsync(fromFileAsync(path), this.#native.copy(), ...this.#given())
    return new Ebpf(await withStackOf(this.loadFileAsync, opening))
  }

  /** The values of variables, for whoever opens an object. */
  #given(): [options: LoadOptions<ObjectTypes>, values: InitialValue[]] {
    return [{ globals: Object.fromEntries(this.#bytes) }, [...this.#values.values()]]
  }
}
