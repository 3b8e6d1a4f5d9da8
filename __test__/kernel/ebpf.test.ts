// `Ebpf`: opening an object, finding what is in it by name, typed or not, and closing it.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { CgroupSkb, CgroupSkbAttachType, Ebpf, EbpfError, type MapBase, type ObjectType, type PathLike } from 'ayajs'
import { attachedIds, showMap, showProgram } from '../helpers/bpftool.ts'
import { makeCgroup } from '../helpers/cgroup.ts'
import { fixturePath, loaded, mapOf, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind, ownDescriptors } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'
import { until } from '../helpers/poll.ts'

leaveNothingBehind(test)

interface Counters {
  programs: { count_egress: CgroupSkb; absent: CgroupSkb }
  maps: { packets: MapBase; absent: MapBase }
  globals: object
}

const counters: ObjectType<Counters> = {}

for (const door of doors) {
  test(`${door.name} opens an object: its maps exist, its programs are not loaded`, async (t) => {
    const bpf = await door.open(t, 'cgroup_skb')
    t.false(bpf.closed)
    t.deepEqual(
      bpf.programs().map(([name, program]) => `${name}: ${program}, ${program.asRawFd()}`),
      [
        'count_any: CgroupSkb(count_any), null',
        'count_egress: CgroupSkb(count_egress), null',
        'count_ingress: CgroupSkb(count_ingress), null',
        'drop_egress: CgroupSkb(drop_egress), null',
        'length_verdict: CgroupSkb(length_verdict), null',
        'verdict: CgroupSkb(verdict), null',
      ],
    )
    t.deepEqual(
      bpf.maps().map(([name, map]) => `${name}: ${map}, ${showMap(map.info().id)?.type}`),
      ['.rodata: Array(.rodata), array', 'packets: Array(packets), array'],
    )
  })

  const broken = [
    { fixture: 'big_endian', code: 'ERR_EBPF_PARSE' },
    { fixture: 'no_btf', code: 'ERR_EBPF_BTF' },
  ]

  for (const { fixture, code } of broken) {
    test(`${door.name} throws ${code} for ${fixture}.bpf.o, and leaves no descriptor`, async (t) => {
      const error = await t.throwsAsync(door.open(t, fixture), { instanceOf: EbpfError, code })
      t.regex(error?.stack ?? '', /helpers\/open\.ts|ebpf\.test\.ts/, 'the stack is that of the caller')
      t.deepEqual(ownDescriptors(), [])
    })
  }
}

const forms: readonly { what: string; of: (path: string) => PathLike }[] = [
  { what: 'a string', of: (path) => path },
  { what: 'a Buffer', of: (path) => Buffer.from(path) },
  { what: 'a URL', of: (path) => pathToFileURL(path) },
]

for (const { what, of } of forms) {
  test(`Ebpf.loadFile and Ebpf.loadFileAsync take ${what} as a path`, async (t) => {
    const path = of(fixturePath('refused'))
    for (const bpf of [Ebpf.loadFile(path), await Ebpf.loadFileAsync(path)]) {
      t.true(bpf.hasProgram('fine'))
      bpf.close()
    }
  })
}

const bytes: readonly { what: string; of: (data: Buffer) => Uint8Array | ArrayBuffer | DataView }[] = [
  { what: 'a Buffer', of: (data) => data },
  { what: 'an ArrayBuffer', of: (data) => new Uint8Array(data).buffer },
  { what: 'a DataView', of: (data) => new DataView(data.buffer, data.byteOffset, data.length) },
  { what: 'a view into a larger buffer', of: (data) => Buffer.concat([Buffer.alloc(3), data]).subarray(3) },
]

for (const { what, of } of bytes) {
  test(`Ebpf.load and Ebpf.loadAsync take ${what} as data`, async (t) => {
    const data = of(readFileSync(fixturePath('refused')))
    for (const bpf of [Ebpf.load(data), await Ebpf.loadAsync(data)]) {
      t.true(bpf.hasProgram('fine'))
      bpf.close()
    }
  })
}

test('Ebpf.loadAsync copies the data before it returns: what becomes of it afterwards does not matter', async (t) => {
  const data = readFileSync(fixturePath('refused'))
  const opening = Ebpf.loadAsync(data)
  data.fill(0)
  const bpf = await opening
  t.true(bpf.hasProgram('fine'))
  bpf.close()
})

test('Ebpf.loadFile throws ERR_EBPF_FILE with path and errno for a file that is not there', async (t) => {
  const expectations = { instanceOf: EbpfError, code: 'ERR_EBPF_FILE' }
  const error = t.throws(() => Ebpf.loadFile('/nonexistent/filter.bpf.o'), expectations)
  t.like(error, { path: '/nonexistent/filter.bpf.o', errnoName: 'ENOENT', errno: -2 })
  await t.throwsAsync(Ebpf.loadFileAsync('/nonexistent/filter.bpf.o'), expectations)
})

test('Ebpf.program and Ebpf.map give null for an absent name when the object is untyped', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  t.is(bpf.program('absent'), null)
  t.is(bpf.map('absent'), null)
  t.is(bpf.takeMap('absent'), null)
  t.false(bpf.hasProgram('absent'))
  t.false(bpf.hasMap('absent'))
  t.false(bpf.hasProgram('packets'), 'a map is no program')
})

test('Ebpf.program and Ebpf.map give the same handle for the same name', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  t.is(bpf.program('count_egress'), bpf.program('count_egress'))
  t.is(bpf.map('packets'), bpf.map('packets'))
  t.is(bpf.programs().find(([name]) => name === 'count_egress')?.[1], bpf.program('count_egress') ?? undefined)
})

test('a typed Ebpf gives the stated classes, and throws ERR_EBPF_NOT_FOUND with the names for what is absent', async (t) => {
  const data = readFileSync(fixturePath('cgroup_skb'))
  const opened = [Ebpf.load(data, { as: counters }), await Ebpf.loadAsync(data, { as: counters })]
  for (const bpf of opened) {
    const program: CgroupSkb = bpf.program('count_egress')
    const map: MapBase = bpf.map('packets')
    t.is(`${program} ${map}`, 'CgroupSkb(count_egress) Array(packets)')
    t.throws(() => bpf.program('absent'), {
      code: 'ERR_EBPF_NOT_FOUND',
      message: /"absent".*It has: count_any, count_/,
    })
    t.throws(() => bpf.map('absent'), { code: 'ERR_EBPF_NOT_FOUND', message: /It has: \.rodata, packets/ })
    t.throws(() => bpf.takeMap('absent'), { code: 'ERR_EBPF_NOT_FOUND', message: /It has: \.rodata, packets/ })
    bpf.close()
  }
})

const noNames = [undefined, null, 7, {}, 'a\0b']

test('Ebpf refuses names that are no strings, or have NUL bytes', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  for (const name of noNames as string[]) {
    for (const method of ['program', 'hasProgram', 'map', 'hasMap', 'takeMap'] as const) {
      t.throws(() => bpf[method](name), {
        instanceOf: TypeError,
        code: /string/.test(typeof name) ? 'ERR_INVALID_ARG_VALUE' : 'ERR_INVALID_ARG_TYPE',
      })
    }
  }
})

test('Ebpf.close detaches, unloads and frees everything, and twice does nothing', async (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  program.attach(path, CgroupSkbAttachType.Egress)
  const { id, mapIds } = program.info()
  bpf.close()
  t.true(bpf.closed)
  t.deepEqual(attachedIds(path), [])
  t.deepEqual(ownDescriptors(), [])
  t.true(await until(() => showProgram(id) === null && mapIds.every((map) => showMap(map) === null)))
  t.notThrows(() => bpf.close())
})

test('Ebpf throws ERR_EBPF_CLOSED from every method after close, and its maps do too', (t) => {
  const bpf = openFixture(t, 'cgroup_skb')
  const map = mapOf(bpf, 'packets')
  bpf.close()
  const calls: Readonly<Record<string, () => unknown>> = {
    program: () => bpf.program('count_egress'),
    absentProgram: () => bpf.program('absent'),
    programs: () => bpf.programs(),
    hasProgram: () => bpf.hasProgram('count_egress'),
    map: () => bpf.map('packets'),
    maps: () => bpf.maps(),
    hasMap: () => bpf.hasMap('packets'),
    takeMap: () => bpf.takeMap('packets'),
    'map.info': () => map.info(),
    'map.get': () => map.get(new Uint8Array(4)),
    'map.keys': () => [...map.keys()],
    'map.fd': () => map.fd(),
  }
  for (const [name, call] of Object.entries(calls)) t.throws(call, { code: 'ERR_EBPF_CLOSED' }, name)
  t.true(map.closed)
  t.notThrows(() => map.close())
})

test('Ebpf opens the same file many times, each with maps and programs of its own', (t) => {
  const opened = Array.from({ length: 10 }, () => openFixture(t, 'cgroup_skb'))
  const ids = opened.map((bpf) => loaded(bpf, 'count_egress').info().id)
  t.is(new Set(ids).size, opened.length)
  t.is(new Set(opened.map((bpf) => mapOf(bpf, 'packets').info().id)).size, opened.length)
})

test('Ebpf.loadFileAsync opens many objects at once', async (t) => {
  const opened = await Promise.all(Array.from({ length: 20 }, () => Ebpf.loadFileAsync(fixturePath('cgroup_skb'))))
  await Promise.all(opened.map((bpf) => CgroupSkb.tryFrom(bpf.program('count_egress')).loadAsync()))
  t.is(new Set(opened.map((bpf) => bpf.program('count_egress')?.info().id)).size, opened.length)
  for (const bpf of opened) bpf.close()
})
