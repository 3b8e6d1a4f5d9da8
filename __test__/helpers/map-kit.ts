// Maps for single tests: made, or opened with the types that the kernel has of the maps of maps.bpf.o; and bpftool's view of them.
import type { ExecutionContext } from 'ava'
import { type BytesMap, type CommonMapOptions, HashMap, type HashShape, MapBase, PerCpuHashMap } from 'ayajs'
import { bpftool } from './bpftool.ts'
import { mapOf, openFixture } from './fixtures.ts'

/** A hash of 4-byte keys and 8-byte values as bytes, until the test ends. */
export function makeHash(
  t: ExecutionContext,
  shape: Partial<HashShape> & CommonMapOptions = {},
): HashMap<Uint8Array, Uint8Array> {
  return closing(t, HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 64, name: 'test', ...shape }))
}

/** A hash from `number` to `bigint`, until the test ends. */
export function makeTypedHash(
  t: ExecutionContext,
  shape: Partial<HashShape> & CommonMapOptions = {},
): HashMap<number, bigint> {
  const like = typedMap(t, 'hash') as HashMap<number, bigint>
  return closing(t, HashMap.create({ like, name: 'test', flags: 0, ...shape }))
}

/** {@link makeTypedHash} with a value for each CPU. */
export function makeTypedPerCpuHash(t: ExecutionContext): PerCpuHashMap<number, bigint> {
  const like = typedMap(t, 'hash')
  return closing(t, PerCpuHashMap.tryFrom<number, bigint>(MapBase.create({ like, mapType: 'PerCpuHash' })))
}

/** A map of maps.bpf.o, opened by its id: the kernel knows its types, `__u32` and `__u64`. */
export function typedMap(t: ExecutionContext, name: string): MapBase {
  const { id } = mapOf(openFixture(t, 'maps'), name).info()
  return closing(t, MapBase.fromId(id))
}

/** Closes a map when the test ends. */
export function closing<M extends MapBase>(t: ExecutionContext, map: M): M {
  t.teardown(() => map.close())
  return map
}

/** Numbers as keys and values of `count` entries, from 0 on. */
export function numbered(count: number): [number, bigint][] {
  return Array.from({ length: count }, (_, index) => [index, BigInt(index) * 3n])
}

/** What bpftool reads from the map, as bytes. */
export function dump(map: MapBase): { key: number[]; value: number[] }[] {
  const entries = bpftool('map', 'dump', 'id', `${map.info().id}`) as { key: string[]; value?: string[] }[]
  return entries.map(({ key, value = [] }) => ({ key: key.map(Number), value: value.map(Number) }))
}

/** Has bpftool write an entry. */
export function update(map: MapBase, key: Uint8Array, value: Uint8Array): void {
  const words = (bytes: Uint8Array): string[] => [...bytes].map(String)
  bpftool('map', 'update', 'id', `${map.info().id}`, 'key', ...words(key), 'value', ...words(value))
}

/** How many entries there are. */
export function sizeOf(map: BytesMap | HashMap): number {
  let size = 0
  for (const _ of map.keys()) size++
  return size
}
