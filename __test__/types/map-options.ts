// Types of options that name maps: with the types of an object its own names, and maps of the class that each has there.
import { type ArrayMap, Ebpf, HashMap, type MapBase, RingBuf } from 'ayajs'
import type { LoadOptions, ObjectType, SetOptions } from 'ayajs'
import { same } from './expect.ts'

interface FlowKey {
  port: number
}

interface Flow {
  bytes: bigint
}

interface Flows {
  programs: {}
  maps: { flows: HashMap<FlowKey, Flow>; totals: ArrayMap<bigint>; events: RingBuf<Flow>; other: MapBase }
  globals: { limit: number }
}
const Flows: ObjectType<Flows> = {}

const path = 'flows.bpf.o'

export function named(): void {
  Ebpf.loadFile(path, { as: Flows, mapMaxEntries: { flows: 9, events: 4096 } })
  Ebpf.loadFile(path, { as: Flows, mapPinPath: { flows: '/sys/fs/bpf/flows', '.data': '/sys/fs/bpf/data' } })
  // @ts-expect-error no such map
  Ebpf.loadFile(path, { as: Flows, mapMaxEntries: { flow: 9 } })
  // @ts-expect-error a global variable is no map
  Ebpf.loadFile(path, { as: Flows, mapMaxEntries: { limit: 9 } })
  // @ts-expect-error a section of global variables has one entry
  Ebpf.loadFile(path, { as: Flows, mapMaxEntries: { '.bss': 2 } })
  // @ts-expect-error no such map
  Ebpf.loadFile(path, { as: Flows, mapPinPath: { flow: '/sys/fs/bpf/flows' } })
  // @ts-expect-error no such map
  Ebpf.loadFile(path, { as: Flows, maps: { flow: HashMap.fromPin('/sys/fs/bpf/flows') } })
}

export function given(typed: Ebpf<Flows>, untyped: Ebpf, map: MapBase): void {
  Ebpf.loadFile(path, { as: Flows, maps: { flows: typed.map('flows'), totals: typed.map('totals'), other: map } })
  Ebpf.loadFile(path, { as: Flows, maps: { flows: HashMap.tryFrom(untyped.map('flows')), '.data': map } })
  Ebpf.loadFile(path, { as: Flows, maps: { flows: HashMap.fromId(7), events: RingBuf.fromId(8) } })
  // @ts-expect-error an array is no hash
  Ebpf.loadFile(path, { as: Flows, maps: { flows: typed.map('totals') } })
  // @ts-expect-error it may be of any class
  Ebpf.loadFile(path, { as: Flows, maps: { flows: map } })
}

/** Without types of the object every name may be one. */
export function anyName(options: LoadOptions): void {
  same<LoadOptions['mapMaxEntries'], Readonly<Record<string, number>> | undefined>()
  same<LoadOptions['maps'], Readonly<Record<string, MapBase>> | undefined>()
  Ebpf.loadFile(path, { ...options, mapMaxEntries: { any: 9 }, mapPinPath: { any: path } })
}

export function conditions(flows: HashMap<number, number>, isNew: boolean): SetOptions {
  flows.set(1, 2, { exist: true, noExist: undefined })
  flows.set(1, 2, { noExist: isNew, exist: false, lock: undefined })
  // @ts-expect-error an entry is there or it is not
  flows.set(1, 2, { exist: true, noExist: true })
  return isNew ? { noExist: true } : { exist: true }
}
