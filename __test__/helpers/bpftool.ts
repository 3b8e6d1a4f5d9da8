// bpftool, the referee: what the kernel has, told by somebody else.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ShownProgram {
  readonly id: number
  readonly type: string
  readonly name: string
  readonly tag: string
  readonly gpl_compatible: boolean
  /** Seconds since 1970. */
  readonly loaded_at: number
  readonly uid: number
  readonly bytes_xlated: number
  readonly bytes_jited?: number
  readonly map_ids?: readonly number[]
  readonly btf_id?: number
}

export interface ShownMap {
  readonly id: number
  readonly type: string
  readonly name?: string
  readonly bytes_key: number
  readonly bytes_value: number
  readonly max_entries: number
  readonly flags: number
  readonly frozen?: number
  readonly btf_id?: number
}

export interface ShownLink {
  readonly id: number
  readonly type: string
  readonly prog_id: number
  readonly cgroup_id?: number
  readonly attach_type?: string
}

/** A program on a cgroup. bpftool calls the types `egress` and `ingress`, in newer versions `cgroup_inet_egress` and so on. */
export interface ShownAttachment {
  readonly id: number
  readonly attach_type: string
  readonly attach_flags: string
  readonly name: string
}

/** The program of this id, or `null` when there is none. */
export function showProgram(id: number): ShownProgram | null {
  return show<ShownProgram>('prog', id)
}

/** The map of this id, or `null` when there is none. */
export function showMap(id: number): ShownMap | null {
  return show<ShownMap>('map', id)
}

/** The link of this id, or `null` when there is none. */
export function showLink(id: number): ShownLink | null {
  return show<ShownLink>('link', id)
}

export function showPrograms(): readonly ShownProgram[] {
  return list('prog') as ShownProgram[]
}

export function showMaps(): readonly ShownMap[] {
  return list('map') as ShownMap[]
}

export function showLinks(): readonly ShownLink[] {
  return list('link') as ShownLink[]
}

/** BTF, of the kernel and of what was loaded. */
export function showTypes(): readonly { readonly id: number }[] {
  return list('btf') as { id: number }[]
}

/** The programs that are attached to this cgroup itself. */
export function showCgroup(path: string): readonly ShownAttachment[] {
  // Prints nothing at all when nothing is attached.
  return (askCgroup(path) ?? []) as ShownAttachment[]
}

/** Newer bpftools ask for flags that kernels before 6.0 refuse to tell, except about what runs, which has none. */
function askCgroup(path: string): unknown {
  try {
    return bpftool('cgroup', 'show', path)
  } catch {
    return bpftool('cgroup', 'show', path, 'effective')
  }
}

/** The ids of the programs on this cgroup in one direction. */
export function attachedIds(path: string, direction: 'egress' | 'ingress' = 'egress'): readonly number[] {
  return showCgroup(path)
    .filter(({ attach_type }) => attach_type.endsWith(direction))
    .map(({ id }) => id)
}

/** The id of the program, map or link that one of our descriptors is open at, from /proc; `undefined` for others. */
export function idBehind(fd: number): number | undefined {
  const found = /^(?:link|prog|map)_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  return found === null ? undefined : Number(found[1])
}

/** Runs bpftool and parses what it prints; `null` when it prints nothing. */
export function bpftool(...args: readonly string[]): unknown {
  const text = execFileSync('bpftool', ['-j', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return text.trim() === '' ? null : (JSON.parse(text) as unknown)
}

/** All of a kind. What ends while bpftool looks at it can make bpftool fail, so it is asked again. */
function list(kind: string): unknown {
  const attempts = 20
  for (let attempt = 1; ; attempt++) {
    try {
      return bpftool(kind, 'show')
    } catch (error) {
      if (attempt === attempts) throw error
    }
  }
}

function show<T>(kind: string, id: number): T | null {
  try {
    return bpftool(kind, 'show', 'id', `${id}`) as T
  } catch (error) {
    if (/No such file or directory/.test(String((error as { stdout?: string }).stdout))) return null
    throw error
  }
}
