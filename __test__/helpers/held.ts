// What a thread or process holds in the kernel, by id, so that others can look for it.
import type { Ebpf } from 'ayajs'
import { showLinks, showMap, showProgram } from './bpftool.ts'
import { untilNone } from './poll.ts'

export interface Held {
  readonly programs: readonly number[]
  readonly maps: readonly number[]
  /** How many links there are of these programs. */
  readonly links: number
}

/** What an open object holds: its loaded programs, and the maps that have not been taken. */
export function heldBy(bpf: Ebpf, links: number): Held {
  const loaded = bpf.programs().filter(([, program]) => program.asRawFd() !== null)
  return {
    programs: loaded.map(([, program]) => program.info().id),
    maps: bpf.maps().map(([, map]) => map.info().id),
    links,
  }
}

/** What of it the kernel still has. */
export function stillThere({ programs, maps }: Held): Held {
  return {
    programs: programs.filter((id) => showProgram(id) !== null),
    maps: maps.filter((id) => showMap(id) !== null),
    links: showLinks().filter(({ prog_id }) => programs.includes(prog_id)).length,
  }
}

/** Waits until the kernel has nothing of it; gives what stays. */
export async function whatStays(...all: readonly Held[]): Promise<readonly Held[]> {
  return untilNone(() => {
    return all.map(stillThere).filter(({ programs, maps, links }) => programs.length + maps.length + links > 0)
  })
}
