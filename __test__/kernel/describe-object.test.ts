// What `describeObject` says without a kernel is what aya makes of the object and what the kernel then has.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { describeObject } from 'ayajs'
import { fixturePath, openFixture } from '../helpers/fixtures.ts'
import { type Feature, testIf } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

/** Fixtures, and what the kernel must have to open them. */
const fixtures: readonly [name: string, feature?: Feature][] = [
  ['kinds'],
  ['cgroup_skb'],
  ['maps'],
  ['map_types', 'bloom-filter'],
  ['nested_arrays'],
  ['no_values'],
  ['special_maps'],
  ['typed_maps'],
  ['sequence'],
  ['map_defaults', 'bloom-filter'],
  ['map_initial'],
  ['legacy_maps'],
  ['legacy_iproute2'],
]

/** Declared with 4 bytes, and made with 8 where the kernel has programs in their entries, too. */
const withPrograms: ReadonlySet<string> = new Set(['CpuMap', 'DevMap', 'DevMapHash'])

for (const [fixture, feature] of fixtures) {
  const declare: ReturnType<typeof testIf> = feature === undefined ? test : testIf(feature)
  const described = describeObject(readFileSync(fixturePath(fixture)))

  declare(`describeObject names the programs of ${fixture} and their kinds as they are when it is open`, (t) => {
    const found = openFixture(t, fixture)
      .programs()
      .map(([name, { kind }]) => ({ name, kind }))
    const programs = described.programs.map(({ name, kind }) => ({ name, kind: kind ?? '' }))
    t.deepEqual(programs.sort(byName), found.sort(byName))
  })

  declare(`describeObject tells the maps of ${fixture}, their types and sizes as they are when it is open`, (t) => {
    const found = openFixture(t, fixture)
      .maps()
      .map(([name, map]) => {
        const { mapType, keySize, valueSize } = map.info()
        return { name, mapType, keySize, valueSize: withPrograms.has(mapType) ? 4 : valueSize }
      })
    const maps = described.maps.map(({ name, mapType, key, value }) => {
      return { name, mapType, keySize: key?.size ?? 0, valueSize: value?.size ?? 0 }
    })
    t.deepEqual(maps.sort(byName), found.sort(byName))
  })
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}
