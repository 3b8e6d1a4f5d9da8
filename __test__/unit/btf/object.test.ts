// What an object file says about itself: programs, maps, globals, licence; and which files are refused, with the place.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { memoryOf, readObject } from '../../../dist/btf/engine.js'
import type { ObjectMap } from '../../../dist/btf/object.js'
import { fixturePath } from '../../helpers/fixtures.ts'

const object = (name: string): ReturnType<typeof readObject> => readObject(bytesOf(name))
const bytesOf = (name: string): Uint8Array => Uint8Array.from(readFileSync(fixturePath(name)))

/** What of a map does not depend on the numbers of types. */
function shown(map: ObjectMap): object {
  const { keyTypeId: _key, valueTypeId: _value, inner, ...rest } = map
  return inner === undefined ? rest : { ...rest, inner: shown(inner) }
}

const common = { kind: 'btf', mapFlags: 0, mapExtra: 0n, pinned: false }

test('maps are read as they are declared', (t) => {
  const data = { kind: 'data', mapType: 2, keySize: 4, maxEntries: 1, mapExtra: 0n, pinned: false }
  t.deepEqual(object('maps').maps.map(shown), [
    { name: 'array', ...common, mapType: 2, keySize: 4, valueSize: 8, maxEntries: 2 },
    { name: 'percpu_array', ...common, mapType: 6, keySize: 4, valueSize: 8, maxEntries: 2 },
    { name: 'hash', ...common, mapType: 1, keySize: 4, valueSize: 8, maxEntries: 64 },
    { name: 'lru_hash', ...common, mapType: 9, keySize: 4, valueSize: 8, maxEntries: 64 },
    { name: 'ringbuf', ...common, mapType: 27, keySize: 0, valueSize: 0, maxEntries: 5000 },
    { name: '.data', ...data, mapFlags: 0, valueSize: 8 },
    { name: '.bss', ...data, mapFlags: 0, valueSize: 16 },
  ])
})

test('maps have their flags, their extra, their pinning, their inner map', (t) => {
  const { maps, btf } = object('map_declarations')
  t.deepEqual(maps.filter(({ kind }) => kind === 'btf').map(shown), [
    { name: 'matrix', ...common, mapType: 2, keySize: 4, valueSize: 24, maxEntries: 1 },
    { name: 'sized', ...common, mapType: 1, keySize: 6, valueSize: 10, maxEntries: 3, mapFlags: 1 },
    { name: 'filter', ...common, mapType: 30, keySize: 0, valueSize: 8, maxEntries: 100, mapExtra: 7n },
    { name: 'wide_extra', ...common, mapType: 30, keySize: 0, valueSize: 8, maxEntries: 1, mapExtra: 1n },
    { name: 'by_name', ...common, mapType: 2, keySize: 4, valueSize: 4, maxEntries: 1, pinned: true },
    {
      name: 'outer',
      ...common,
      mapType: 13,
      keySize: 8,
      valueSize: 4,
      maxEntries: 4,
      inner: { name: 'outer.inner', ...common, mapType: 2, keySize: 4, valueSize: 16, maxEntries: 5 },
    },
    { name: 'jumps', ...common, mapType: 3, keySize: 4, valueSize: 4, maxEntries: 2 },
  ])
  const matrix = maps.find(({ name }) => name === 'matrix')?.valueTypeId
  t.is(btf?.nameOf(matrix!), '__u16[2][2][3]')
})

test('legacy maps are read, with the types that are stated beside them', (t) => {
  const { maps, btf } = object('map_declarations')
  const legacy = maps.filter(({ kind }) => kind === 'legacy')
  const base = { kind: 'legacy', mapType: 1, mapExtra: 0n, maxEntries: 16, mapFlags: 1 }
  t.deepEqual(legacy.map(shown), [
    { name: 'old', ...base, keySize: 4, valueSize: 8, pinned: false },
    { name: 'old_pinned', ...base, keySize: 2, valueSize: 3, pinned: true },
  ])
  const [old, pinned] = legacy
  t.is(btf?.nameOf(old!.keyTypeId!), '__u32')
  t.is(btf?.nameOf(old!.valueTypeId!), '__u64')
  t.is(pinned!.keyTypeId, undefined)
})

test('global variables have section, offset, size and type', (t) => {
  const { globals, btf } = object('types')
  const found = globals.map(({ name, section, size, readonly }) => [name, section, size, readonly])
  t.deepEqual(
    found.filter(([name]) => ['counter', 'custom', 'zero', 'plain', 'use_types.calls'].includes(name as string)),
    [
      ['plain', '.rodata', 2, true],
      ['counter', '.data', 4, false],
      ['use_types.calls', '.data', 4, false],
      ['custom', '.data.custom', 4, false],
      ['zero', '.bss', 8, false],
    ],
  )
  t.true(globals.every(({ size, typeId }) => btf!.sizeOf(typeId!) === size || typeId === undefined))
})

test('an object without types has its programs, and the variables that have symbols', (t) => {
  const { btf, programs, globals, license, maps } = object('no_btf_globals')
  t.is(btf, undefined)
  t.deepEqual(programs, [{ name: 'pass', section: 'cgroup_skb/egress', kind: 'CgroupSkb', unsupported: undefined }])
  t.deepEqual(globals, [
    { name: 'limit', section: '.rodata', readonly: true, offset: 0, size: 4 },
    { name: 'total', section: '.bss', readonly: false, offset: 0, size: 8 },
  ])
  t.deepEqual(
    maps.map(({ name, valueTypeId }) => [name, valueTypeId]),
    [
      ['.rodata', undefined],
      ['.bss', undefined],
    ],
  )
  t.is(license, 'GPL')
})

test('programs are listed with their sections, subprograms are not', (t) => {
  const programs = object('kinds').programs.slice(0, 3)
  t.deepEqual(
    programs.map(({ name, section }) => [name, section]),
    [
      ['xdp_pass', 'xdp'],
      ['socket_prog', 'socket'],
      ['classifier_prog', 'classifier'],
    ],
  )
  t.is(object('kinds').license, 'Dual MIT/GPL')
})

test('functions that others call, from whatever section, are no programs', (t) => {
  t.deepEqual(
    object('sub_programs').programs.map(({ name }) => name),
    ['calls', 'calls_beside', 'beside'],
  )
})

test('programs of kinds that aya does not have are listed with the reason', (t) => {
  const { programs, maps } = object('section_names')
  const unsupported = programs.filter((program) => program.unsupported !== undefined)
  t.deepEqual(unsupported[0], {
    name: 'sched_action',
    section: 'action',
    kind: 'SchedAction',
    unsupported: 'aya has no programs of kind SchedAction',
  })
  t.is(unsupported.length, 8)
  t.deepEqual(maps, [])
})

test('maps of an object without types are refused', (t) => {
  t.throws(() => object('no_btf'), { code: 'ERR_EBPF_BTF', message: /section "\.maps", but no types/ })
})

test('the type of a data section reads and writes all its variables', (t) => {
  const { maps, btf } = object('types')
  const id = maps.find(({ name }) => name === '.data')!.valueTypeId!
  const codec = btf!.codec(id)
  const memory = memoryOf(new Uint8Array(codec.size))
  codec.encode({ counter: 5, 'use_types.calls': 6 }, memory, 0, '.data')
  t.deepEqual(codec.decode(memory, 0), { counter: 5, 'use_types.calls': 6 })
})

test('fingerprints differ where types differ, and only there', (t) => {
  t.is(object('pinned').fingerprint, object('pinned').fingerprint)
  t.not(object('pinned').fingerprint, object('pinned_wide').fingerprint)
  t.regex(object('types').fingerprint, /^[0-9a-f]{32}$/)
  t.not(object('types').fingerprint, object('types_be').fingerprint)
})

test('an object may be given as any Uint8Array, at any offset', (t) => {
  const bytes = bytesOf('types')
  const moved = new Uint8Array(bytes.length + 7)
  moved.set(bytes, 3)
  t.is(readObject(moved.subarray(3, 3 + bytes.length)).fingerprint, readObject(bytes).fingerprint)
})
