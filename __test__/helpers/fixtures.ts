// The fixtures, opened for one test, and what their maps say.
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { type BytesMap, CgroupSkb, Ebpf, type LoadOptions } from 'ayajs'

/** Names and indexes of the counters in the map `packets` of cgroup_skb.bpf.o. */
export const counters = { count_egress: 0, count_ingress: 1, drop_egress: 2, count_any: 3 } as const

/** The path of a fixture, named without its ending. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}.bpf.o`, import.meta.url))
}

/** Opens a fixture until the test ends. */
export function openFixture(t: ExecutionContext, name: string, options: LoadOptions = {}): Ebpf {
  const bpf = Ebpf.loadFile(fixturePath(name), options)
  t.teardown(() => bpf.close())
  return bpf
}

/** A program of an open object, as `CgroupSkb`, loaded. */
export function loaded(bpf: Ebpf, name: string): CgroupSkb {
  const program = CgroupSkb.tryFrom(bpf.program(name))
  program.load()
  return program
}

/** The map of this name, which must be there, as bytes. */
export function mapOf(bpf: Ebpf, name: string): BytesMap {
  const map = bpf.map(name)
  if (map === null) throw new Error(`the object has no map ${name}`)
  return map.asBytes()
}

/** The map of this name, which must be there, taken out, as bytes. */
export function takenFrom(bpf: Ebpf, name: string): BytesMap {
  const map = bpf.takeMap(name)
  if (map === null) throw new Error(`the object has no map ${name}`)
  return map.asBytes()
}

/** How many packets a program of cgroup_skb.bpf.o has seen. */
export function counted(bpf: Ebpf, program: keyof typeof counters): number {
  return Number(u64(mapOf(bpf, 'packets').get(u32Key(counters[program]))))
}

/** A key of 32 bits. */
export function u32Key(index: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(index).buffer)
}

/** The 64-bit number at this index of a value. */
export function u64(value: Uint8Array | undefined, index = 0): bigint {
  if (value === undefined) throw new Error('there is no such entry')
  const { buffer, byteOffset, byteLength } = value
  const bytes = new DataView(buffer, byteOffset, byteLength)
  return bytes.getBigUint64(index * 8, isLittleEndian)
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
