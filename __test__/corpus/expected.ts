// What becomes of each object of the corpus, whichever compiler made it: opened, with these programs and maps, or refused.
import type { EbpfErrorCode } from 'ayajs'
import { possibleCpus } from '../helpers/cpus.ts'

/** What is made of two: no more than there are CPUs. */
const perfEvents = Math.min(2, possibleCpus())

/** An object that is opened. */
export interface Accepted {
  /** Each program: its kind, if the kernel takes it; or what `load` throws. */
  readonly programs: Readonly<Record<string, string | Refused>>
  /** Each map: its type, the size of its keys, and that of its values and the number of entries where the object says them. */
  readonly maps?: Readonly<Record<string, readonly [type: string, key: number, value?: number, entries?: number]>>
}

/** What is refused, and a part of the message. */
export interface Refused {
  readonly code: EbpfErrorCode
  readonly message: RegExp
}

const unsupported = (message: RegExp): Refused => ({ code: 'ERR_EBPF_UNSUPPORTED', message })
const malformed = (message: RegExp): Refused => ({ code: 'ERR_EBPF_PARSE', message })
const noMap = (message: RegExp): Refused => ({ code: 'ERR_EBPF_MAP', message })
const beside = { beside: 'Xdp' }
const besideUnsupported = (reason: RegExp): Accepted => ({ programs: { ...beside, unsupported: unsupported(reason) } })

const globals = {
  '.bss': ['Array', 4, 4, 1],
  '.data': ['Array', 4, 4, 1],
  '.rodata': ['Array', 4, 4, 1],
} as const
const inner = { inner_a: ['Array', 4, 8, 1], inner_b: ['Array', 4, 8, 1] } as const
const twoLegacyMaps = { counters: ['Array', 4, 8, 4], flows: ['Hash', 4, 8, 64] } as const

/** Name of the object → what is done with it. */
export const accepted: Readonly<Record<string, Accepted>> = {
  base_globals: { programs: { sum: 'Xdp' }, maps: globals },
  base_legacy: { programs: { first: 'Xdp', second: 'Xdp' }, maps: twoLegacyMaps },

  section_cgroup_skb_bare: { programs: { named: 'CgroupSkb' } },
  section_cgroup_sock_number: { programs: { named: 'CgroupSock' } },
  section_classifier_text: { programs: { named: 'SchedClassifier' } },
  section_optional: { programs: { named: 'Xdp' } },
  section_several: { programs: { first: 'SchedClassifier', second: 'SchedClassifier', third: 'SchedClassifier' } },
  section_socket_number: { programs: { named: 'SocketFilter' } },
  section_static_program: { programs: { ...beside, hidden: 'Xdp' } },
  section_subprograms: { programs: { one_call: 'Xdp', nested_calls: 'Xdp' } },
  section_tc: { programs: { named: 'SchedClassifier' } },
  section_tc_core: { programs: { size_of_pid: 'SchedClassifier' } },
  section_tc_text: { programs: { named: 'SchedClassifier' } },
  section_tcx: { programs: { named: 'SchedClassifier' } },
  section_text_missing: {
    programs: { calls: unsupported(/no section of its own/), stands_alone: unsupported(/no section of its own/) },
  },
  section_text_unused: { programs: beside },
  section_unknown: { programs: { ...beside, unknown: unsupported(/mystery/) } },
  section_xdp_text: { programs: { named: 'Xdp' } },

  kind_action: besideUnsupported(/action/),
  kind_connect_unix: besideUnsupported(/connect_unix/),
  kind_fmod_ret: besideUnsupported(/fmod_ret/),
  kind_kprobe_multi: besideUnsupported(/kprobe\.multi/),
  kind_ksyscall: besideUnsupported(/ksyscall/),
  kind_lwt: besideUnsupported(/lwt_in/),
  kind_netfilter: besideUnsupported(/netfilter/),
  kind_raw_tracepoint_writable: besideUnsupported(/raw_tracepoint\.w/),
  kind_struct_ops: { programs: { ...beside, ssthresh: unsupported(/struct_ops/) } },
  kind_syscall: besideUnsupported(/syscall/),
  kind_usdt: besideUnsupported(/usdt/),

  map_array_of_arrays: { programs: { fill: 'Xdp' }, maps: { table: ['Array', 4, 6, 1] } },
  map_in_map_initialised_array: {
    programs: { nested: 'Xdp' },
    maps: { ...inner, outer: ['ArrayOfMaps', 4, 4, 3] },
  },
  map_in_map_initialised_hash: { programs: { nested: 'Xdp' }, maps: { ...inner, outer: ['HashOfMaps', 4, 4, 3] } },
  map_legacy: { programs: { count: 'Xdp' }, maps: { counters: ['Array', 4, 8, 4], flows: ['Hash', 16, 8, 64] } },
  map_legacy_gobpf: { programs: { count: 'Xdp' }, maps: { counters: ['Array', 4, 8, 4], flows: ['Hash', 16, 8, 64] } },
  map_legacy_in_map_iproute2: {
    programs: { nested: 'Xdp' },
    maps: { inner: ['Array', 4, 8, 8], outer: ['HashOfMaps', 4, 4, 2] },
  },
  map_legacy_in_map_samples: {
    programs: { nested: 'Xdp' },
    maps: { inner: ['Hash', 4, 8, 8], outer: ['ArrayOfMaps', 4, 4, 2] },
  },
  map_legacy_in_map_sections: {
    programs: { nested: 'Xdp' },
    maps: { inner: ['Hash', 4, 8, 8], outer: ['ArrayOfMaps', 4, 4, 2] },
  },
  map_legacy_without_sizes: {
    programs: { report: 'Xdp' },
    maps: { counters: ['Array', 4, 8, 4], events: ['PerfEventArray', 4, 4, perfEvents] },
  },
  map_legacy_zeros: { programs: { count: 'Xdp' }, maps: { counters: ['Array', 4, 8, 4] } },
  map_perf_records: { programs: { report: 'Xdp' }, maps: { events: ['PerfEventArray', 4, 4, perfEvents] } },
  map_perf_without_sizes: { programs: { report: 'Xdp' }, maps: { events: ['PerfEventArray', 4, 4] } },
  map_programs_initialised: { programs: { jump: 'Xdp', target: 'Xdp' }, maps: { jumps: ['ProgramArray', 4, 4, 2] } },
  map_programs_values: { programs: { jump: 'Xdp' }, maps: { jumps: ['ProgramArray', 4, 4, 2] } },

  // The kernel's own are found; what it lacks is named, and keeps no other program from being loaded.
  refused_extern_function: { programs: { calls: unsupported(/nowhere_defined/) } },
  extern_kconfig: {
    programs: { ...beside, wants_config: 'Xdp' },
    maps: { '.rodata.kconfig': ['Array', 4] }, // The compiler chooses the order, and with it the size.
  },
  extern_kconfig_absent: {
    programs: { ...beside, wants_config: unsupported(/CONFIG_CORPUS_ABSENT/) },
    maps: { '.rodata.kconfig': ['Array', 4, 1, 1] },
  },
  extern_kfunc: { programs: { ...beside, wants_function: 'Xdp' } },
  extern_kfunc_absent: { programs: { ...beside, wants_function: unsupported(/corpus_absent_(?:un)?lock/) } },
  extern_ksym: { programs: { ...beside, wants_symbol: 'Xdp' } },
  extern_ksym_absent: { programs: { ...beside, wants_symbol: unsupported(/corpus_absent_symbol/) } },
  extern_ksym_weak: { programs: { absent: 'Xdp' } },

  old_llvm_no_machine: { programs: { first: 'Xdp', second: 'Xdp' }, maps: twoLegacyMaps },
  old_llvm_no_sizes: { programs: { first: 'Xdp', second: 'Xdp' }, maps: twoLegacyMaps },
  old_llvm_no_types: { programs: { first: 'Xdp', second: 'Xdp' }, maps: twoLegacyMaps },
  old_relocations_no_kinds: { programs: { sum: 'Xdp' }, maps: globals },
}

/** Name of the object → why it is not opened. */
export const refused: Readonly<Record<string, Refused>> = {
  map_arena: unsupported(/arena/),

  refused_big_endian: malformed(/big-endian/),
  refused_bss_exbibytes: malformed(/\.bss.* 4611686018427387904 bytes/),
  refused_bss_gibibytes: malformed(/\.bss.* 3221225472 bytes/),
  refused_initialised_key: malformed(/counters/),
  refused_legacy_namespace: unsupported(/counters.*\/sys\/fs\/bpf\/somewhere\/globals\/counters.*mapPinPath/),
  refused_legacy_trailing: malformed(/counters/),
  refused_licence: malformed(/licen[cs]e/),
  refused_linked: malformed(/linked/),
  refused_machine: malformed(/machine 62/),
  refused_map_of_maps_without_inner: noMap(/outer.*does not say of which maps.*values/),
  refused_pinning: unsupported(/counters.*pinning is 16.*mapPinPath/),
  refused_program_size: malformed(/xdp/),
  refused_ring_without_size: noMap(/ring.* RingBuf map .*0 entries.*no room for entries.*max_entries/),
  refused_relocation_last: malformed(/xdp/),
  refused_relocation_offset: malformed(/xdp/),
  refused_relocation_symbol: malformed(/9999/),
  refused_relocation_unaligned: malformed(/xdp/),
  refused_section_name: malformed(/section 4/),
  refused_section_offset: malformed(/section \.data/),
  refused_section_overflow: malformed(/section \.data/),
  refused_section_size: malformed(/section xdp/),
  refused_symbol_name: malformed(/symbol/),
  refused_symbol_section: malformed(/sum/),
  refused_symbol_size: malformed(/sum/),
  refused_symbol_value: malformed(/sum/),
  refused_truncated: malformed(/truncated/),
  refused_variable_size: malformed(/initial/),

  refused_btf_ext_records: { code: 'ERR_EBPF_BTF', message: /BTF/ },
  refused_btf_magic: { code: 'ERR_EBPF_BTF', message: /0xeb9f/ },
  refused_btf_strings: { code: 'ERR_EBPF_BTF', message: /BTF/ },
}
