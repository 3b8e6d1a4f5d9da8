// `Ebpf`: an open object with its programs and maps.
/// <reference lib="esnext.disposable" preserve="true" />

import { inspect, type InspectOptions } from 'node:util'
import { checkBytes, checkName, checkPath, illegalConstructor, type BytesLike, type PathLike } from './arguments.ts'
import type { EbpfError } from './errors.ts'
import { MapBase } from './maps/map-base.ts'
import { native, type Binding } from './native.ts'
import type { ObjectTypes, Untyped } from './object-types.ts'
import { configure, type LoadOptions } from './options.ts'
import { notFound, recordMiss } from './programs/miss.ts'
import { ProgramHandle, type Program } from './programs/program.ts'
import { wrapProgram } from './programs/table.ts'
import { Queue, withStackOf } from './promises.ts'

/**
 * An open object with its programs and maps: aya's `Ebpf`.
 *
 * It stays open until {@link close}, `using`, or the end of the process or worker, never until garbage collection: what
 * is attached must not depend on when that happens.
 */
export class Ebpf<T extends ObjectTypes = Untyped> {
  readonly #native: Binding.Ebpf
  readonly #typed: boolean
  readonly #loads = new Queue()
  readonly #programs = new Map<string, Program>()
  readonly #maps = new Map<string, MapBase>()

  /** @internal */
  constructor(object: Binding.Ebpf, options: LoadOptions<T> = {}) {
    if (!(object instanceof native().Ebpf)) throw illegalConstructor('Ebpf', 'Ebpf.load() or Ebpf.loadFile()')
    this.#native = object
    this.#typed = options.as !== undefined
  }

  /**
   * Opens an object: parses it, relocates it for the running kernel and creates its maps. Loads no program yet.
   *
   * @throws {EbpfError} `ERR_EBPF_PARSE`, `ERR_EBPF_BTF`, `ERR_EBPF_RELOCATION`, `ERR_EBPF_MAP`, `ERR_EBPF_PERMISSION`,
   *   `ERR_EBPF_UNSUPPORTED`; `ERR_EBPF_NOT_FOUND` for names in the options that the object does not have.
   */
  static load<T extends ObjectTypes = Untyped>(data: BytesLike, options: LoadOptions<T> = {}): Ebpf<T> {
    const [bytes, loader] = [checkBytes('data', data), configure(options)]
    requireNames(options, () => native().objectNames(bytes))
    return new Ebpf(loader.load(bytes), options)
  }

  /**
   * {@link load} from a file.
   *
   * @throws {EbpfError} `ERR_EBPF_FILE`, and as `load`.
   */
  static loadFile<T extends ObjectTypes = Untyped>(path: PathLike, options: LoadOptions<T> = {}): Ebpf<T> {
    const [checked, loader] = [checkPath('path', path), configure(options)]
    requireNames(options, () => native().objectNamesOfFile(checked))
    return new Ebpf(loader.loadFile(checked), options)
  }

  /** {@link load} on another thread. The data is copied before the call returns. */
  static async loadAsync<T extends ObjectTypes = Untyped>(
    data: BytesLike,
    options: LoadOptions<T> = {},
  ): Promise<Ebpf<T>> {
    const [bytes, loader] = [checkBytes('data', data), configure(options)]
    requireNames(options, () => native().objectNames(bytes))
    return new Ebpf(await withStackOf(Ebpf.loadAsync, loader.loadAsync(bytes)), options)
  }

  /** {@link loadFile} on another thread. */
  static async loadFileAsync<T extends ObjectTypes = Untyped>(
    path: PathLike,
    options: LoadOptions<T> = {},
  ): Promise<Ebpf<T>> {
    const [checked, loader] = [checkPath('path', path), configure(options)]
    requireNames(options, () => native().objectNamesOfFile(checked))
    return new Ebpf(await withStackOf(Ebpf.loadFileAsync, loader.loadFileAsync(checked)), options)
  }

  /** Whether {@link close} has been called. */
  get closed(): boolean {
    return this.#native.closed
  }

  /**
   * The program of this name, in the class of its kind: a `CgroupSkb`, or a `Program` where the kind has no class yet.
   *
   * @returns `null` when the object has no such program and no types were given.
   * @throws {EbpfError} `ERR_EBPF_NOT_FOUND` when it has none, with the types given; `ERR_EBPF_CLOSED`.
   */
  program<N extends keyof T['programs'] & string>(name: N): T['programs'][N] {
    return this.#find('program', name, () => this.#program(name)) as T['programs'][N]
  }

  /** The names and programs, sorted by name. */
  programs(): [name: string, program: Program][] {
    return this.#native.programNames().flatMap((name) => {
      const program = this.#program(name)
      return program === undefined ? [] : [[name, program]]
    })
  }

  /** Whether the object has a program of this name. */
  hasProgram(name: string): boolean {
    return this.#native.programNames().includes(checkName('name', name))
  }

  /**
   * The map of this name.
   *
   * @returns `null` when the object has no such map, or not any more, and no types were given.
   * @throws {EbpfError} `ERR_EBPF_NOT_FOUND` when it has none, with the types given; `ERR_EBPF_CLOSED`.
   */
  map<N extends keyof T['maps'] & string>(name: N): T['maps'][N] {
    return this.#find('map', name, () => this.#map(name)) as T['maps'][N]
  }

  /** The names and maps that have not been taken, sorted by name. Global variables are maps too: `.bss`, `.rodata`, … */
  maps(): [name: string, map: MapBase][] {
    return this.#native.mapNames().flatMap((name) => {
      const map = this.#map(name)
      return map === undefined ? [] : [[name, map]]
    })
  }

  /** Whether the object has a map of this name that has not been taken. */
  hasMap(name: string): boolean {
    return this.#native.mapNames().includes(checkName('name', name))
  }

  /**
   * Takes a map out: it stays open after {@link close}, until its own `close()` or the end of the process or worker.
   *
   * @returns `null` when the object has no such map, or not any more, and no types were given.
   * @throws {EbpfError} `ERR_EBPF_NOT_FOUND` when it has none, with the types given; `ERR_EBPF_CLOSED`.
   */
  takeMap<N extends keyof T['maps'] & string>(name: N): T['maps'][N] {
    const map = this.map(name)
    if (this.#native.takeMap(name) !== null) this.#maps.delete(name)
    return map
  }

  /**
   * Detaches the links that the programs own, unloads the programs and closes the maps, except links and maps that
   * were taken. A load that is running finishes first. Twice does nothing.
   */
  close(): void {
    this.#native.close()
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** What `console.log` shows. @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const shown = this.closed
      ? { state: 'closed' }
      : { programs: this.programs().map(([, program]) => `${program}`), maps: this.maps().map(([, map]) => `${map}`) }
    return `Ebpf ${inspect(shown, options)}`
  }

  #program(name: string): Program | undefined {
    const known = this.#programs.get(name)
    if (known !== undefined && !this.closed) return known
    const program = this.#native.program(name)
    if (program === null) return undefined
    const wrapped = wrapProgram(new ProgramHandle(program, this.#loads))
    this.#programs.set(name, wrapped)
    return wrapped
  }

  #map(name: string): MapBase | undefined {
    const known = this.#maps.get(name)
    if (known !== undefined && !this.closed) return known
    const map = this.#native.map(name)
    if (map === null) return undefined
    const wrapped = new MapBase(map)
    this.#maps.set(name, wrapped)
    return wrapped
  }

  #find<V>(what: 'program' | 'map', name: string, get: () => V | undefined): V | null {
    checkName('name', name)
    const found = get()
    if (found !== undefined) return found
    const error = this.#missing(what, name)
    if (this.#typed) throw error
    if (what === 'program') recordMiss(error)
    return null
  }

  #missing(what: 'program' | 'map', name: string): EbpfError {
    return notFound(what, name, what === 'program' ? this.#native.programNames() : this.#native.mapNames())
  }
}

/**
 * aya ignores settings for names that the object does not have. A misspelled one must not go unnoticed, and is looked for
 * before anything is made: a map that was pinned would stay.
 */
function requireNames(options: LoadOptions<ObjectTypes>, readNames: () => Binding.ObjectNames): void {
  const maps = Object.keys({ ...options.mapMaxEntries, ...options.mapPinPath })
  const programs = options.extensions ?? []
  if (maps.length === 0 && programs.length === 0) return
  const names = readNames()
  for (const name of maps) if (!names.maps.includes(name)) throw notFound('map', name, names.maps)
  for (const name of programs) if (!names.programs.includes(name)) throw notFound('program', name, names.programs)
}
