// What every class of maps owes, whatever its type: one run of tests for each row of a table.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { ExecutionContext, TestFn } from 'ava'
import { BytesMap, HashMap, MapBase, Queue, type EbpfErrorCode } from 'ayajs'
import { idBehind, showMap } from './bpftool.ts'
import { makeCgroup } from './cgroup.ts'
import { loaded, openFixture } from './fixtures.ts'
import { testIf } from './kernel-features.ts'
import { ownDescriptors } from './left-behind.ts'
import type { Help, MapRow } from './map-rows.ts'
import { makePinDirectory } from './pins.ts'
import { until } from './poll.ts'

type Declare = (title: string, run: (t: ExecutionContext) => void | Promise<void>) => void

/** Makes the map of a row, until the test ends. */
export function makeMap(t: ExecutionContext, row: MapRow, more: object = {}): MapBase {
  const map = row.mapClass.create({ ...row.options(makeInner(t)), ...more })
  t.teardown(() => map.close())
  return map
}

/** Declares the tests of one row. */
export function mapContract(anyTest: TestFn, row: MapRow): void {
  const { mapClass, mapType, methods, shape, feature } = row
  const name = `${mapClass.name} (${mapType})`
  const test: Declare = feature === undefined ? anyTest : testIf(feature)

  test(`${name}: create makes the map that bpftool shows, and close frees it`, async (t) => {
    const map = makeMap(t, row, { name: 'ayajs_test' })
    t.true(map instanceof (mapClass as unknown as typeof MapBase))
    t.is<unknown, unknown>(map.constructor, mapClass)
    t.is(map.mapType, mapType)
    t.is(map.name, 'ayajs_test')
    t.like(map.info(), { mapType, ...shape, name: 'ayajs_test', frozen: false })
    t.is(idBehind(map.fd()), map.info().id)
    const { id } = map.info()
    const { keySize: bytes_key, valueSize: bytes_value, maxEntries: max_entries } = shape
    t.like(showMap(id), { type: row.bpftool, name: 'ayajs_test', bytes_key, bytes_value, max_entries })
    t.is(String(map), `${mapType}(ayajs_test)`)
    t.true(inspect(map, { breakLength: Infinity }).startsWith(`${mapClass.name} { name: 'ayajs_test',`))
    map.close()
    // The kernel is still emptying an array of programs: opened by bpftool before it is done, the array would stay for ever.
    await sleep(20)
    t.true(await until(() => showMap(id) === null))
    t.true(map.closed)
    t.regex(inspect(map), /state: 'closed'/)
    t.notThrows(() => map.close())
  })

  test(`${name}: createAsync makes the same map`, async (t) => {
    const map = await mapClass.createAsync(row.options(makeInner(t)))
    t.teardown(() => map.close())
    t.is<unknown, unknown>(map.constructor, mapClass)
    t.like(map.info(), { mapType, ...shape })
  })

  test(`${name}: create refuses an option that it does not know, and leaves nothing open`, (t) => {
    const inner = makeInner(t)
    const before = ownDescriptors()
    const create = (): unknown => mapClass.create({ ...row.options(inner), nam: 'typo' } as object)
    t.throws(create, { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE', message: /did you mean "name"\?/ })
    t.deepEqual(ownDescriptors(), before)
  })

  test(`${name}: fromPin, fromId and fromFd open the same map, in its class`, (t) => {
    const map = makeMap(t, row)
    const path = join(makePinDirectory(t), 'map')
    map.pin(path)
    const fds = [mapClass, ...(mapClass === (BytesMap as unknown) ? [] : [MapBase])]
    for (const { fromPin, fromId, fromFd } of fds.map(boundTo)) {
      for (const open of [() => fromPin(path), () => fromId(map.info().id), () => fromFd(map.fd())]) {
        const opened = open()
        t.is<unknown, unknown>(opened.constructor, mapClass)
        t.is(opened.info().id, map.info().id)
        t.not(opened.fd(), map.fd())
        opened.close()
        t.false(map.closed)
      }
    }
    map.unpin()
    t.throws(() => mapClass.fromPin(path), { code: 'ERR_EBPF_PIN' satisfies EbpfErrorCode })
    t.throws(() => map.unpin(), { code: 'ERR_EBPF_PIN' satisfies EbpfErrorCode })
  })

  test(`${name}: another class refuses it, names both, and leaves nothing open`, (t) => {
    const map = makeMap(t, row, { name: 'other' })
    const Other: Pick<MapRow['mapClass'], 'name' | 'fromId' | 'fromFd' | 'tryFrom'> =
      mapType === 'Queue' ? HashMap : Queue
    const before = ownDescriptors()
    const expected = { code: 'ERR_EBPF_UNEXPECTED_MAP_TYPE' satisfies EbpfErrorCode, message: new RegExp(mapType) }
    for (const open of [() => Other.fromId(map.info().id), () => Other.fromFd(map.fd()), () => Other.tryFrom(map)]) {
      const error = t.throws(open, expected)
      t.like(error, { expected: Other.name, actual: mapType, map: 'other' })
    }
    t.deepEqual(ownDescriptors(), before)
    t.is(mapClass.tryFrom(map), map)
    t.is(MapBase.tryFrom(map), map)
    t.throws(() => mapClass.tryFrom(null), { code: 'ERR_EBPF_NOT_FOUND' })
    t.throws(() => mapClass.tryFrom({} as MapBase), { instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE' })
  })

  test(`${name}: asBytes is the same map as bytes, and they close together`, (t) => {
    const map = makeMap(t, row)
    const bytes = map.asBytes()
    t.true(bytes instanceof BytesMap)
    t.is(map.asBytes(), bytes)
    t.is(bytes.asBytes(), bytes)
    t.is(BytesMap.tryFrom(map), bytes)
    t.is(bytes.info().id, map.info().id)
    bytes.close()
    t.true(map.closed)
  })

  test(`${name}: every method is in the table`, (t) => {
    t.deepEqual(sorted(methodsOf(mapClass.prototype)), sorted(Reflect.ownKeys(methods)))
  })

  test(`${name}: every method throws ERR_EBPF_CLOSED once the map is closed`, async (t) => {
    const map = makeMap(t, row)
    const help = helpFor(t)
    map.close()
    const expected = { code: 'ERR_EBPF_CLOSED' satisfies EbpfErrorCode }
    for (const method of Reflect.ownKeys(methods)) {
      await t.throwsAsync(async () => exhaust(methods[method as string]?.(map, help)), expected, String(method))
    }
    for (const method of ['info', 'fd', 'freeze', 'unpin'] as const) t.throws(() => map[method](), expected, method)
    t.throws(() => map.pin('/sys/fs/bpf/ayajs-closed'), expected)
    t.is(String(map), `${mapType}(${map.name})`)
  })

  if (row.freezes) {
    test(`${name}: freeze forbids user space to write, and bpftool tells`, (t) => {
      const map = makeMap(t, row)
      map.freeze()
      t.true(map.info().frozen)
      t.is(showMap(map.info().id)?.frozen, 1)
      const error = t.throws(() => methods['set']?.(map, helpFor(t)), { code: 'ERR_EBPF_MAP', message: /frozen/ })
      t.like(error, { errnoName: 'EPERM', syscall: 'BPF_MAP_UPDATE_ELEM' })
      t.throws(() => map.freeze(), { code: 'ERR_EBPF_MAP' })
    })
  }
}

function makeInner(t: ExecutionContext): MapBase {
  const inner = HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 4 })
  t.teardown(() => inner.close())
  return inner
}

function helpFor(t: ExecutionContext): Help {
  return {
    inner: makeInner(t),
    program: loaded(openFixture(t, 'cgroup_skb'), 'count_egress'),
    cgroup: makeCgroup(t).path,
  }
}

type Opens = Pick<MapRow['mapClass'], 'fromPin' | 'fromId' | 'fromFd'>

function boundTo(mapClass: Opens): Opens {
  return {
    fromPin: (path) => mapClass.fromPin(path),
    fromId: (id) => mapClass.fromId(id),
    fromFd: (fd) => mapClass.fromFd(fd),
  }
}

/** The methods of a class up to `MapBase`, except those that only it itself calls. */
function methodsOf(prototype: object): PropertyKey[] {
  const internal = new Set<PropertyKey>(['constructor', 'access', 'codecs', 'keyCodec', 'slot', 'fill', 'asBytes'])
  for (const name of ['close', 'countLost', 'lostOf', 'openReader']) internal.add(name)
  const found = new Set<PropertyKey>()
  for (let at = prototype; at !== MapBase.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && !internal.has(key)) found.add(key)
    }
    if (Object.hasOwn(at, Symbol.iterator)) found.add(Symbol.iterator)
  }
  return [...found]
}

function sorted(keys: readonly PropertyKey[]): string[] {
  return keys.map(String).sort()
}

/** Generators do nothing until they are asked. */
async function exhaust(result: unknown): Promise<void> {
  if (typeof result !== 'object' || result === null) return
  if (Symbol.asyncIterator in result) for await (const _ of result as AsyncIterable<unknown>);
  else if (Symbol.iterator in result) for (const _ of result as Iterable<unknown>);
}
