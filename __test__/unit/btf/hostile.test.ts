// BTF that means harm: types that contain themselves, that never end, that would fill the memory. Each gets an error, at once.
import test from 'ava'
import { parseBtf } from '../../../dist/btf/engine.js'
import { BtfBuilder, type Member } from '../../helpers/btf-builder.ts'

type Hostile = [title: string, make: (btf: BtfBuilder) => number, message: RegExp]

const hostile: Hostile[] = [
  ['a struct that contains itself', (btf) => btf.struct('a', 4, [['a', 1, 0]]), /type 1|Type 1.* contains itself/],
  ['a struct without name that contains itself', (btf) => btf.struct('', 4, [['', 1, 0]]), /contains itself/],
  [
    'two structs that contain each other',
    (btf) => (btf.struct('a', 4, [['b', 2, 0]]), btf.struct('b', 4, [['a', 1, 0]])),
    /contains itself/,
  ],
  ['an array of itself', (btf) => btf.array(1, 4), /array of arrays, more than 64 deep/],
  ['an array of itself without elements', (btf) => btf.array(1, 0), /flexible array/],
  ['a typedef of itself', (btf) => btf.add('typedef', 't', 1), /typedef or qualifier of another, more than 64 deep/],
  ['a ring of qualifiers', (btf) => (btf.add('const', '', 2), btf.add('volatile', '', 1)), /more than 64 deep/],
  ['a variable of itself', (btf) => btf.variable('v', 1), /contains itself/],
  [
    'structs in structs, 2 ** 16 of them',
    (btf) => {
      let inner = btf.int('int', 4)
      for (let depth = 0; depth < 2 ** 16; depth++) inner = btf.struct('', 4, [['x', inner, 0]])
      return inner
    },
    /nested more than 64 deep/,
  ],
  [
    'structs without names in structs, 2 ** 16 of them',
    (btf) => {
      let inner = btf.struct('', 4, [['x', btf.int('int', 4), 0]])
      for (let depth = 0; depth < 2 ** 16; depth++) inner = btf.struct('', 4, [['', inner, 0]])
      return inner
    },
    /nested more than 64 deep/,
  ],
  [
    'typedefs of typedefs, 2 ** 16 of them',
    (btf) => {
      let inner = btf.int('int', 4)
      for (let depth = 0; depth < 2 ** 16; depth++) inner = btf.add('typedef', 't', inner)
      return inner
    },
    /more than 64 deep/,
  ],
  [
    'pairs of pairs without size, 2 ** 60 values',
    (btf) => {
      let inner = btf.struct('', 0, [])
      for (let depth = 0; depth < 60; depth++) {
        inner = btf.struct('', 0, [
          ['a', inner, 0],
          ['b', inner, 0],
        ])
      }
      return inner
    },
    /consists of \d+ values in 0 bytes/,
  ],
  [
    'nameless pairs of nameless pairs',
    (btf) => {
      let inner = btf.struct('', 0, [])
      for (let depth = 0; depth < 60; depth++) {
        inner = btf.struct('', 0, [
          ['', inner, 0],
          ['', inner, 0],
        ])
      }
      return inner
    },
    /more than 65536 members/,
  ],
  ['an array of 2 ** 32 - 1 structs of no size', (btf) => btf.array(btf.struct('', 0, []), 2 ** 32 - 1), /consists of/],
  ['an array of 16 GiB', (btf) => btf.array(btf.int('int', 4), 2 ** 32 - 1), /more than 4294967295 bytes/],
  ['an array of 2 ** 31 shorts', (btf) => btf.array(btf.int('short', 2), 2 ** 31 - 1), /consists of 2147483648 values/],
  [
    'arrays of arrays that overflow',
    (btf) => Array.from({ length: 40 }).reduce((inner: number) => btf.array(inner, 2 ** 31), btf.int('c', 1)),
    /more than 4294967295 bytes/,
  ],
  ['two members of one name', (btf) => btf.struct('s', 8, twice(btf.int('int', 4))), /two members called "x"/],
  [
    'two members of one name, one of them in an anonymous struct',
    (btf) => {
      const int = btf.int('int', 4)
      return btf.struct('s', 8, [
        ['x', int, 0],
        ['', btf.struct('', 4, [['x', int, 0]]), 32],
      ])
    },
    /two members called "x"/,
  ],
  ['a member outside', (btf) => btf.struct('s', 4, [['x', btf.int('int', 4), 8]]), /"x" lies outside of it/],
  [
    'an anonymous member outside',
    (btf) => btf.struct('s', 4, [['', btf.struct('', 4, [['x', btf.int('int', 4), 0]]), 32]]),
    /"" lies outside of it/,
  ],
  ['a bit-field outside', (btf) => btf.struct('s', 1, [['x', btf.int('c', 1), 5, 4]]), /"x" lies outside of it/],
  [
    'a bit-field wider than its type',
    (btf) => btf.struct('s', 4, [['x', btf.int('c', 1), 0, 9]]),
    /bit-field of 9 bits/,
  ],
  [
    'a bit-field of a struct',
    (btf) => btf.struct('s', 4, [['x', btf.struct('t', 4, []), 0, 4]]),
    /is a bit-field, but its type is no integer/,
  ],
  [
    'a pointer between bytes',
    (btf) => btf.struct('s', 16, [['x', btf.add('ptr', '', 0), 3]]),
    /does not begin at a byte/,
  ],
  [
    'an integer of 5 bits by itself',
    (btf) => btf.int('five', 1, { bits: 5 }),
    /a bit-field of 5 bits outside of a struct/,
  ],
  ['a member of no type', (btf) => btf.struct('s', 4, [['x', 99, 0]]), /There is no type 99/],
  ['a member that is void', (btf) => btf.struct('s', 4, [['x', 0, 0]]), /void, has no values/],
  ['a function', (btf) => btf.add('func_proto', '', 0), /has no values \(it is of kind func_proto\)/],
  ['a struct that is only declared', (btf) => btf.add('fwd', 'far', 0), /struct far, has no values/],
  ['a flexible array', (btf) => btf.array(btf.int('int', 4), 0), /is a flexible array: it has no values/],
  [
    'a section with a variable outside',
    (btf) => btf.add('datasec', '.bss', 4, [btf.variable('v', btf.int('int', 4)), 1, 4], 1),
    /"v" lies outside of the section/,
  ],
]

for (const [title, make, message] of hostile) {
  test(`${title} has no codec`, (t) => {
    const btf = new BtfBuilder()
    const id = make(btf)
    const types = parseBtf(btf.bytes())
    for (let attempt = 0; attempt < 2; attempt++) {
      t.throws(() => types.codec(id), { code: 'ERR_EBPF_BTF', message })
    }
  })
}

test('names that overlap, so that a small file has many gigabytes of them, are refused', (t) => {
  const btf = new BtfBuilder()
  for (let block = 0; block < 30; block++) {
    const start = btf.name(`${block}${'x'.repeat(4000)}`)
    for (let at = 0; at < 1000; at++) btf.add('fwd', start + at, 0)
  }
  const types = parseBtf(btf.bytes())
  const readAll = (): void => [...types.ids()].forEach((id) => types.type(id))
  t.throws(readAll, { code: 'ERR_EBPF_BTF', message: /names have more than 67108864 bytes in all/ })
})

test('hostile types do no harm to the good ones beside them', (t) => {
  const btf = new BtfBuilder()
  const int = btf.int('int', 4, { signed: true })
  const bad = btf.struct('bad', 4, [['self', 2, 0]])
  const good = btf.struct('good', 12, [
    ['x', int, 0],
    ['next', btf.add('ptr', '', bad), 32],
  ])
  const types = parseBtf(btf.bytes())
  t.throws(() => types.codec(bad), { code: 'ERR_EBPF_BTF' })
  t.is(types.codec(good).size, 12)
  t.is(types.codec(good), types.codec(good))
})

test('types that were laid out bottom up are not deeper than those laid out top down', (t) => {
  const btf = new BtfBuilder()
  let inner = btf.int('int', 4)
  for (let depth = 0; depth < 100; depth++) inner = btf.struct('', 4, [['x', inner, 0]])
  const types = parseBtf(btf.bytes())
  const refused = [...types.ids()].find((id) => {
    try {
      return types.codec(id) === undefined
    } catch {
      return true
    }
  })
  t.is(refused, 65)
})

function twice(type: number): Member[] {
  return [
    ['x', type, 0],
    ['x', type, 32],
  ]
}
