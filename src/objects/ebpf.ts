// `Ebpf`: an open object with its programs and maps.
/// <reference lib="esnext.disposable" preserve="true" />

import { inspect, type InspectOptions } from 'node:util'
import { checkName, checkPath, illegalConstructor, type BytesLike, type PathLike } from '../arguments.ts'
import type { EbpfError } from '../errors.ts'
import type { MapBase } from '../maps/map-base.ts'
import { RawMap } from '../maps/raw/raw-map.ts'
import { openMap } from '../maps/table.ts'
import { native, type Binding } from '../native.ts'
import { alreadyTaken, notFound, recordMiss } from '../programs/miss.ts'
import { ProgramHandle, type Program } from '../programs/program.ts'
import { wrapProgram } from '../programs/table.ts'
import { Queue, withStackOf } from '../promises.ts'
import type { Contents } from './contents.ts'
import { LiveGlobals } from './globals.ts'
import { open, openAsync, type Opened } from './open.ts'
import { configure, type LoadOptions } from './options.ts'
import { fromBytes, fromFile, fromFileAsync } from './source.ts'
import type { Globals, ObjectTypes, Untyped } from './types.ts'

/**
 * An open object with its programs and maps: aya's `Ebpf`.
 *
 * It stays open until {@link close}, `using`, or the end of the process or worker, never until garbage collection: what
 * is attached must not depend on when that happens.
 */
export class Ebpf<T extends ObjectTypes = Untyped> {
  readonly #native: Binding.Ebpf
  readonly #contents: Contents
  readonly #typed: boolean
  readonly #loads = new Queue()
  readonly #programs = new Map<string, Program>()
  readonly #maps = new Map<string, MapBase>()
  readonly #taken = new Map<string, Binding.MapData>()
  #globals: LiveGlobals | undefined

  /** @internal */
  constructor(opened: Opened) {
    const object: unknown = (opened as Opened | undefined)?.object
    if (!(object instanceof native().Ebpf)) throw illegalConstructor('Ebpf', 'Ebpf.load() or Ebpf.loadFile()')
    this.#native = object
    this.#contents = opened.contents
    this.#typed = opened.typed
  }

  /**
   * Opens an object: parses it, relocates it for the running kernel and creates its maps. Loads no program yet.
   *
   * @throws {EbpfError} `ERR_EBPF_PARSE`, `ERR_EBPF_BTF`, `ERR_EBPF_RELOCATION`, `ERR_EBPF_MAP`, `ERR_EBPF_PERMISSION`,
   *   `ERR_EBPF_UNSUPPORTED`; `ERR_EBPF_NOT_FOUND` for names in the options that the object does not have;
   *   `ERR_EBPF_TYPES_STALE` for types of another version of the object.
   */
  static load<T extends ObjectTypes = Untyped>(data: BytesLike, options: LoadOptions<T> = {}): Ebpf<T> {
    return new Ebpf(open(fromBytes(data), configure(options), options))
  }

  /**
   * {@link load} from a file.
   *
   * @throws {EbpfError} `ERR_EBPF_FILE`, and as `load`.
   */
  static loadFile<T extends ObjectTypes = Untyped>(path: PathLike, options: LoadOptions<T> = {}): Ebpf<T> {
    const [checked, loader] = [checkPath('path', path), configure(options)]
    return new Ebpf(open(fromFile(checked), loader, options))
  }

  /** {@link load} on another thread. The data is copied before the call returns. */
  static async loadAsync<T extends ObjectTypes = Untyped>(
    data: BytesLike,
    options: LoadOptions<T> = {},
  ): Promise<Ebpf<T>> {
    const [source, loader] = [fromBytes(data), configure(options)]
    return new Ebpf(await withStackOf(Ebpf.loadAsync, openAsync(source, loader, options)))
  }

  /** {@link loadFile} on another thread. Maps in the options must be open until the promise is settled. */
  static async loadFileAsync<T extends ObjectTypes = Untyped>(
    path: PathLike,
    options: LoadOptions<T> = {},
  ): Promise<Ebpf<T>> {
    const [checked, loader] = [checkPath('path', path), configure(options)]
    const opening = openAsync(fromFileAsync(checked), loader, options)
    return new Ebpf(await withStackOf(Ebpf.loadFileAsync, opening))
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

  /**
   * The global variables of the object as properties, in the types of its BTF; as bytes where it has none. What is read is
   * what the programs see now, and what is written they see at once: the variables are memory of this process, too, where
   * the kernel can map them (Linux 5.5), else system calls do the same.
   *
   * Structs, unions and arrays are read as a whole, and frozen; to change one, write a whole one. Reading a name that the
   * object does not have gives `undefined`, writing to it is a `TypeError`. Where several static variables share a name, the
   * first one has it.
   *
   * Using a variable after {@link close} throws `ERR_EBPF_CLOSED`, writing to one of `.rodata` throws `ERR_EBPF_READONLY`:
   * set those by the option `globals`.
   *
   * @throws {EbpfError} `ERR_EBPF_CLOSED`; `ERR_EBPF_BTF`, `ERR_EBPF_PARSE` where the types of the object cannot be read.
   */
  get globals(): Globals<T['globals']> {
    this.#globals ??= new LiveGlobals(this.#contents.variables.values(), (name) => this.#section(name))
    return this.#globals.properties as Globals<T['globals']>
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
    const taken = this.#native.takeMap(name)
    if (taken !== null) {
      this.#maps.delete(name)
      this.#taken.set(name, taken)
    }
    return map
  }

  /**
   * Detaches the links that the programs own, unloads the programs and closes the maps, except links and maps that
   * were taken. A load that is running finishes first. Twice does nothing.
   */
  close(): void {
    this.#native.close()
    this.#globals?.close()
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
    const wrapped = openMap(new RawMap(map), this.#contents.typesOf(name))
    this.#maps.set(name, wrapped)
    return wrapped
  }

  #section(name: string): Binding.MapData | undefined {
    return this.#native.map(name) ?? this.#taken.get(name)
  }

  #find<V>(what: 'program' | 'map', name: string, get: () => V | undefined): V | null {
    checkName('name', name)
    const found = get()
    if (found !== undefined) return found
    const error = this.#missing(what, name)
    if (this.#typed) throw error
    recordMiss(error)
    return null
  }

  #missing(what: 'program' | 'map', name: string): EbpfError {
    if (what === 'map' && this.#taken.has(name)) return alreadyTaken(name)
    return notFound(what, name, what === 'program' ? this.#native.programNames() : this.#native.mapNames())
  }
}
