// Types of opening an object and of what is in it: untyped names may be null, typed ones have exactly the stated class.
import { type BytesMap, CgroupSkb, Ebpf, EbpfLoader, MapBase, Program, type ObjectType, type Untyped } from 'ayajs'
import { exactly } from './expect.ts'

interface Filter {
  programs: { egress_filter: CgroupSkb; other: Program }
  maps: { traffic: MapBase }
  globals: { denied_port: number }
}
const Filter: ObjectType<Filter> = {}

export function untyped(bpf: Ebpf): void {
  exactly<Ebpf<Untyped>>()(bpf)
  exactly<Program | null>()(bpf.program('any'))
  exactly<MapBase | null>()(bpf.map('any'))
  exactly<MapBase | null>()(bpf.takeMap('any'))
  exactly<[name: string, program: Program][]>()(bpf.programs())
  exactly<[name: string, map: MapBase][]>()(bpf.maps())
  exactly<boolean>()(bpf.hasProgram('any'))
  // @ts-expect-error a program may be absent
  bpf.program('any').load()
  // @ts-expect-error names are strings
  bpf.program(1)
  // @ts-expect-error a map may be absent
  bpf.map('any').info()
}

export async function everyWayToOpen(data: Uint8Array): Promise<void> {
  exactly<Ebpf<Untyped>>()(Ebpf.load(data))
  exactly<Ebpf<Untyped>>()(Ebpf.loadFile('filter.bpf.o', {}))
  exactly<Ebpf<Untyped>>()(await Ebpf.loadAsync(data))
  exactly<Ebpf<Untyped>>()(await Ebpf.loadFileAsync(new URL('file:///filter.bpf.o')))
  exactly<Ebpf<Untyped>>()(new EbpfLoader().verifierLogLevel(1).load(data))
  exactly<Ebpf<Filter>>()(Ebpf.load(data, { as: Filter }))
  exactly<Ebpf<Filter>>()(Ebpf.loadFile(Buffer.from('filter.bpf.o'), { as: Filter }))
  exactly<Ebpf<Filter>>()(await Ebpf.loadAsync(data.buffer as ArrayBuffer, { as: Filter }))
  exactly<Ebpf<Filter>>()(await Ebpf.loadFileAsync('filter.bpf.o', { as: Filter }))
}

export function typed(bpf: Ebpf<Filter>): void {
  exactly<CgroupSkb>()(bpf.program('egress_filter'))
  exactly<Program>()(bpf.program('other'))
  exactly<MapBase>()(bpf.map('traffic'))
  exactly<MapBase>()(bpf.takeMap('traffic'))
  // @ts-expect-error no such program
  bpf.program('ingress_filter')
  // @ts-expect-error a map is no program
  bpf.program('traffic')
  // @ts-expect-error no such map
  bpf.map('flows')
  // @ts-expect-error no such map
  bpf.takeMap('egress_filter')
  exactly<boolean>()(bpf.hasProgram('whatever'))
}

export function narrowed(bpf: Ebpf): void {
  exactly<CgroupSkb>()(CgroupSkb.tryFrom(bpf.program('egress_filter')))
  exactly<Program>()(Program.tryFrom(bpf.program('egress_filter')))
  // @ts-expect-error a map is no program
  CgroupSkb.tryFrom(bpf.map('traffic'))
  // @ts-expect-error undefined is not what program() returns
  CgroupSkb.tryFrom(undefined)
  const program = bpf.program('egress_filter')
  if (program instanceof CgroupSkb) exactly<CgroupSkb>()(program)
}

export async function loading(program: Program): Promise<void> {
  exactly<void>()(program.load())
  exactly<Promise<void>>()(program.loadAsync())
  exactly<number>()(program.fd())
  exactly<number | null>()(program.asRawFd())
  exactly<bigint>()(program.info().runTimeNs)
  exactly<Date>()(program.info().loadedAt)
  // @ts-expect-error only a CgroupSkb can be attached to a cgroup
  program.attach('/sys/fs/cgroup', 'Egress')
  // @ts-expect-error names do not change
  program.name = 'other'
}

export function closing(bpf: Ebpf, map: MapBase): void {
  useUntilTheEnd(bpf)
  useUntilTheEnd(map)
  using opened = Ebpf.loadFile('filter.bpf.o')
  exactly<boolean>()(opened.closed)
}

/** Everything that `using` takes is one of these. */
declare function useUntilTheEnd(handle: Disposable): void

export function maps(map: MapBase): void {
  exactly<BytesMap>()(map.asBytes())
  exactly<bigint>()(map.info().mapExtra)
  // @ts-expect-error which keys it has depends on its class
  map.get(0)
}

// @ts-expect-error only ayajs makes objects of it
export const ebpf = new Ebpf({})
// @ts-expect-error only ayajs makes objects of it
export const mapBase = new MapBase({})
