// One element of a map at a time, through memory that is shared with the addon.

import { memoryOf, type Memory } from '../../btf/codec.ts'
import { native, type Binding } from '../../native.ts'

/** Flags of updates and lookups (linux/bpf.h): `BPF_NOEXIST`, `BPF_EXIST`, `BPF_F_LOCK`. */
export const elementFlags = { noExist: 1, exist: 2, lock: 4 } as const

/** ENOENT: there is no such key, or none after it. */
const ENOENT = 2

/**
 * The commands of bpf(2) on one element. Key and value are written into, and read from, {@link key} and {@link value}: a
 * call allocates and converts nothing.
 *
 * The memory is the same for every call: finish writing it before a call, and reading it before the next one.
 */
export class Elements {
  /** The key that the next call uses. */
  readonly key: Memory
  /** The value: of all possible CPUs where the map is per CPU, each rounded up to 8 bytes. */
  readonly value: Memory
  /** What {@link next} has found. */
  readonly nextKey: Memory
  /** How many calls there have been: whoever writes into the memory in steps can tell whether it was used meanwhile. */
  calls = 0
  readonly #native: Binding.MapData
  readonly #element: ReturnType<Binding.MapData['element']>
  readonly #commands: Commands

  constructor(map: Binding.MapData, keySize: number, valueBytes: number) {
    const { size, key, value, nextKey } = map.elementLayout()
    // Shared, because nobody can detach it while the kernel writes into it.
    const buffer = new SharedArrayBuffer(size)
    this.key = memoryOf(new Uint8Array(buffer, key, keySize))
    this.value = memoryOf(new Uint8Array(buffer, value, valueBytes))
    this.nextKey = memoryOf(new Uint8Array(buffer, nextKey, keySize))
    this.#native = map
    this.#element = map.element(new Uint8Array(buffer))
    this.#commands = commands()
  }

  /** Reads the value of the key; false when there is no such key. */
  lookup(flags = 0): boolean {
    const { call, control } = this.#begin(flags)
    call.lookup()
    return control[1] === 0 || this.#isAbsent('BPF_MAP_LOOKUP_ELEM')
  }

  /** Writes the value under the key. */
  update(flags = 0): void {
    const { call, control } = this.#begin(flags)
    call.update()
    if (control[1] !== 0) this.#fail('BPF_MAP_UPDATE_ELEM')
  }

  /** Deletes the key; false when there is no such key. */
  delete(): boolean {
    const { call, control } = this.#begin(0)
    call.delete()
    return control[1] === 0 || this.#isAbsent('BPF_MAP_DELETE_ELEM')
  }

  /** Reads the value of the key and deletes it, in one step; false when there is no such key. */
  lookupAndDelete(flags = 0): boolean {
    const { call, control } = this.#begin(flags)
    call.lookupAndDelete()
    return control[1] === 0 || this.#isAbsent('BPF_MAP_LOOKUP_AND_DELETE_ELEM')
  }

  /** Finds the key after {@link key}, or the first one; false at the end. */
  next(first: boolean): boolean {
    const { call, control } = this.#begin(0)
    if (first) call.firstKey()
    else call.nextKey()
    return control[1] === 0 || this.#isAbsent('BPF_MAP_GET_NEXT_KEY')
  }

  #begin(flags: number): Commands {
    this.calls++
    const { control } = this.#commands
    control[0] = this.#element.index
    control[2] = flags
    return this.#commands
  }

  /** False for ENOENT; everything else is thrown. */
  #isAbsent(command: string): false {
    return this.#commands.control[1] === ENOENT ? false : this.#fail(command)
  }

  #fail(command: string): never {
    const [, errno = 0, flags = 0] = this.#commands.control
    return this.#native.explain(command, errno, flags >>> 0)
  }
}

/** What all maps have in common: the functions, and the memory that tells them what to do. */
interface Commands {
  /** The index of the element, the status of the call, the flags (64 bits, of which none of ours is in the upper half). */
  readonly control: Int32Array
  readonly call: ReturnType<typeof Binding.elementFunctions>
}

let shared: Commands | undefined

function commands(): Commands {
  if (shared === undefined) {
    const buffer = new SharedArrayBuffer(16)
    shared = { control: new Int32Array(buffer), call: native().elementFunctions(new Uint8Array(buffer)) }
  }
  return shared
}
