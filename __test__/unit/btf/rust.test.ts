// Types as Rust objects have them: the unit type, wrappers that are what they hold, and ring buffers that state no value.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parseBtf, readObject } from '../../../dist/btf/engine.js'
import { BtfBuilder } from '../../helpers/btf-builder.ts'
import { rustObject } from '../../helpers/rust-objects.ts'

/** A wrapper as rustc 1.96 has it: a union in a struct in two more. */
function wrapped(btf: BtfBuilder, name: (wrapper: string) => string, held: number, size: number): number {
  const unit = btf.int('()', 0)
  const dangling = btf.struct(name('MaybeDangling'), size, [['__0', held, 0]])
  const dropped = btf.struct(name('ManuallyDrop'), size, [['value', dangling, 0]])
  const uninit = btf.add(
    'union',
    name('MaybeUninit'),
    size,
    members(btf, [
      ['uninit', unit],
      ['value', dropped],
    ]),
    2,
  )
  return btf.struct(name('Global'), size, [['value', uninit, 0]])
}

function members(btf: BtfBuilder, all: [string, number][]): number[] {
  return all.flatMap(([name, type]) => [btf.name(name), type, 0])
}

const spellings: [title: string, name: (wrapper: string) => string][] = [
  ['rustc', (wrapper) => `${wrapper}<u16>`],
  ['bpf-linker', (wrapper) => `${wrapper}_3C_u16_3E_`],
]

for (const [title, name] of spellings) {
  test(`Global<u16> is a number, as ${title} spells it`, (t) => {
    const btf = new BtfBuilder()
    const global = wrapped(btf, name, btf.int('u16', 2), 2)
    t.like(parseBtf(btf.bytes()).shapeOf(global), { kind: 'number', format: 'Uint16', typeName: 'u16', size: 2 })
  })
}

test('AtomicU64 is a bigint', (t) => {
  const btf = new BtfBuilder()
  const cell = btf.struct('UnsafeCell<u64>', 8, [['value', btf.int('u64', 8), 0]])
  const atomic = btf.struct('AtomicU64', 8, [['v', cell, 0]])
  t.like(parseBtf(btf.bytes()).shapeOf(atomic), { kind: 'bigint', size: 8 })
})

const notWrappers: [title: string, make: (btf: BtfBuilder, u32: number) => number][] = [
  ['of another name', (btf, u32) => btf.struct('Global_settings', 4, [['value', u32, 0]])],
  [
    'with two members',
    (btf, u32) =>
      btf.struct('Global<u32>', 8, [
        ['value', u32, 0],
        ['other', u32, 32],
      ]),
  ],
  ['larger than what it holds', (btf, u32) => btf.struct('Global<u32>', 8, [['value', u32, 0]])],
  ['that does not begin with what it holds', (btf, u32) => btf.struct('Global<u32>', 8, [['value', u32, 32]])],
]

for (const [title, make] of notWrappers) {
  test(`a struct ${title} is a struct`, (t) => {
    const btf = new BtfBuilder()
    const struct = make(btf, btf.int('u32', 4))
    t.is(parseBtf(btf.bytes()).shapeOf(struct).kind, 'record')
  })
}

test('a wrapper that holds itself is refused', (t) => {
  const btf = new BtfBuilder()
  const self = btf.struct('Global<T>', 4, [['value', 1, 0]])
  t.throws(() => parseBtf(btf.bytes()).shapeOf(self), { code: 'ERR_EBPF_BTF', message: /contains itself/ })
})

test('the unit type has no values, and is no member', (t) => {
  const btf = new BtfBuilder()
  const unit = btf.int('()', 0)
  const struct = btf.struct('pair', 4, [
    ['nothing', unit, 0],
    ['number', btf.int('u32', 4), 0],
  ])
  const types = parseBtf(btf.bytes())
  t.throws(() => types.shapeOf(unit), { code: 'ERR_EBPF_BTF', message: /\(\), has no values/ })
  t.like(types.shapeOf(struct), { names: ['number'] })
})

test('a ring buffer of aya-ebpf has records, and no values', (t) => {
  const { maps, btf } = readObject(Uint8Array.from(readFileSync(rustObject('typed'))))
  const ring = maps.find(({ name }) => name === 'EVENTS')
  t.like(ring, { keySize: 0, valueSize: 0, maxEntries: 4096 })
  t.is(btf?.nameOf(ring?.valueTypeId ?? 0), 'struct Event')
})
