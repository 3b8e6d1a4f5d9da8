// The description of an object: what `describeObject` gives, and `ayajs inspect --json` prints.

/** What an object consists of. */
export interface ObjectDescription {
  /** The licence that it names; `null` when it names none. */
  readonly license: string | null
  /** Whether it has type information (BTF). */
  readonly btf: boolean
  /** Stands for everything that its generated types depend on: names and layouts of programs, maps and globals. */
  readonly fingerprint: string
  /** In the order of the file. */
  readonly programs: readonly ProgramDescription[]
  /** In the order of the file; then its data sections, which are maps of one entry. */
  readonly maps: readonly MapDescription[]
  /** In the order of their sections. */
  readonly globals: readonly GlobalDescription[]
}

/** A program of an object. */
export interface ProgramDescription {
  readonly name: string
  /** Its section in the file: `cgroup_skb/egress`. */
  readonly section: string
  /** The kind, as `Program.kind` has it: `CgroupSkb`; `Unknown` where the section says nothing. */
  readonly kind: string
  /** Why it cannot be loaded, as far as its section tells; `null` when it can. */
  readonly unsupported: string | null
}

/** A map of an object, as it is declared. */
export interface MapDescription {
  readonly name: string
  /** The type, in aya's spelling: `Hash`, `PerCpuArray`, … */
  readonly mapType: string
  /** `null` for maps without keys, such as queues. */
  readonly key: TypeDescription | null
  /** `null` for maps without values, such as ring buffers. For maps per CPU it is the value of one. */
  readonly value: TypeDescription | null
  /** How many entries fit; for a ring buffer its size in bytes. */
  readonly maxEntries: number
  readonly mapFlags: number
  /** The names of the flags: `BPF_F_NO_PREALLOC`. */
  readonly flagNames: readonly string[]
  /** What the flags do not say, per type. */
  readonly mapExtra: bigint
  /** Whether it is pinned by its name (`LIBBPF_PIN_BY_NAME`). */
  readonly pinned: boolean
  /** What a map of maps holds. */
  readonly inner: MapDescription | null
}

/** A type and its size. */
export interface TypeDescription {
  /** In bytes. */
  readonly size: number
  /** As C writes it: `struct flow_key`; `null` where the object does not say. */
  readonly type: string | null
}

/** A global variable of an object. */
export interface GlobalDescription extends TypeDescription {
  readonly name: string
  /** `.bss`, `.data`, `.rodata` or the like. */
  readonly section: string
  /** From the beginning of the section, in bytes. */
  readonly offset: number
  /** Whether it can be set before the object is loaded only. */
  readonly readonly: boolean
  /** The value at the start, bytes where it has no type; `null` for more than 4096 bytes, or behind 2 MiB of others. */
  readonly value: unknown
}
