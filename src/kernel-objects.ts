// What the kernel has loaded, whoever loaded it, and the statistics of all programs.

import { illegalConstructor } from './arguments.ts'
import type { LinkInfo } from './links/link-info.ts'
import type { MapInfo } from './maps/map-info.ts'
import { native, type Binding } from './native.ts'
import { toProgramInfo, type ProgramInfo } from './programs/program-info.ts'

/**
 * Every program of the system: aya's `loaded_programs`. Those that end meanwhile are left out.
 *
 * @throws {EbpfError} `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
 */
export function loadedPrograms(): ProgramInfo[] {
  return native().loadedPrograms().map(toProgramInfo)
}

/**
 * Every map of the system: aya's `loaded_maps`. Those that end meanwhile are left out.
 *
 * @throws {EbpfError} `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
 */
export function loadedMaps(): MapInfo[] {
  return native().loadedMaps()
}

/**
 * Every link of the system: aya's `loaded_links`. Those that end meanwhile are left out.
 *
 * @throws {EbpfError} `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
 */
export function loadedLinks(): LinkInfo[] {
  return native().loadedLinks()
}

/**
 * Has the kernel count the runs and run times of all programs, see `runCount` and `runTimeNs` of {@link ProgramInfo}, at
 * some cost for each run: aya's `enable_stats`. Requires Linux 5.8.
 *
 * @returns What turns them off again; the end of the process or worker does too.
 * @throws {EbpfError} `ERR_EBPF_PERMISSION`: needs `CAP_SYS_ADMIN`.
 */
export function enableStats(): RunTimeStats {
  return new RunTimeStats(native().RunTimeStats.enable())
}

/** Statistics that are on until it is closed. Get it from {@link enableStats}. */
export class RunTimeStats {
  readonly #native: Binding.RunTimeStats

  /** @internal */
  constructor(stats: Binding.RunTimeStats) {
    if (!(stats instanceof native().RunTimeStats)) throw illegalConstructor('RunTimeStats', 'enableStats()')
    this.#native = stats
  }

  /** Whether {@link close} has been called. */
  get closed(): boolean {
    return this.#native.closed
  }

  /** Turns them off, unless somebody else has them on. Twice does nothing. */
  close(): void {
    this.#native.close()
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }
}
