// The tables of docs/maps.md about classes, options of `set`, and batches: every cell is tried.
import test, { type ExecutionContext } from 'ava'
import { EbpfError, HashMap, MapBase } from 'ayajs'
import { hasFeature, testIf, type Feature } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makeMap } from '../helpers/map-contract.ts'
import { mapRows } from '../helpers/map-rows.ts'
import { makeRawMap } from '../helpers/raw-maps.ts'
import { read } from '../helpers/sources.ts'
import { codeIn, plain, tableBelow, type Row } from './tables.ts'

leaveNothingBehind(test)

const classes = tableBelow('docs/maps.md', 'Classes')

test('docs/maps.md has a row for every class', (t) => {
  const documented = classes.map((row) => plain(row['class']))
  t.deepEqual(documented.sort(), [...new Set(mapRows.map(({ mapClass }) => mapClass.name))].sort())
})

for (const { mapClass, mapType, feature } of mapRows) {
  const row = classes.find((one) => plain(one['class']) === mapClass.name)
  const type = row?.['types of the kernel'] === 'all others' ? 'all others' : mapType
  const declare = feature === undefined ? test : testIf(feature)

  declare(`docs/maps.md: a map of type ${mapType} is a ${mapClass.name}`, (t: ExecutionContext) => {
    const types = row?.['types of the kernel'] ?? ''
    t.true([types, ...codeIn(types)].includes(type))
    const made = makeMap(t, mapRows.find((one) => one.mapType === mapType) ?? mapRows[0]!)
    const map = MapBase.fromFd(made.fd())
    t.is(map.constructor.name, mapClass.name)
    map.close()
  })

  test(`docs/maps.md names every method of a ${mapClass.name} (${mapType})`, (t) => {
    t.deepEqual([...methodsIn(row)].sort(), membersBelow(mapClass.prototype).sort())
  })
}

test('docs/maps.md names everything that every map has', (t) => {
  const [, sentence = ''] = /^Every map has (.*)$/m.exec(read('docs/maps.md')) ?? []
  const fields = ['name', 'mapType']
  t.deepEqual([...codeIn(sentence)].sort(), [...fields, ...membersOf(MapBase.prototype)].sort())
})

const key = Uint8Array.of(1, 0, 0, 0)
const value = new Uint8Array(8)

for (const row of tableBelow('docs/maps.md', 'Keys and values')) {
  const option = plain(row['option'])
  const [errno = 'EINVAL'] = codeIn(row['with it, `set`']).filter((code) => /^E[A-Z]+$/.test(code))
  test(`docs/maps.md: with ${option}, set throws with ${errno}`, (t) => {
    const map = HashMap.create({ keySize: 4, valueSize: 8, maxEntries: 4 })
    t.teardown(() => map.close())
    const set = (one: Uint8Array): unknown => map.set(one, value, { [option]: true })
    if (option === 'noExist') set(key)
    const error = t.throws(() => set(key), { instanceOf: EbpfError, code: 'ERR_EBPF_MAP' }) as EbpfError | undefined
    t.is(error?.errnoName, errno)
    if (option === 'exist') t.notThrows(() => map.set(key, value) && set(key))
  })
}

/** How each column is tried. */
const operations: Readonly<Record<string, (map: ReturnType<typeof makeRawMap>) => unknown>> = {
  read: (map) => map.batches.lookup(null, new Uint8Array(map.keySize), new Uint8Array(map.valueBytes), 1),
  write: (map) => map.batches.update(new Uint8Array(map.keySize), new Uint8Array(map.valueBytes), 1),
  delete: (map) => map.batches.delete(new Uint8Array(map.keySize), 1),
  'take out': (map) =>
    map.batches.lookup(null, new Uint8Array(map.keySize), new Uint8Array(map.valueBytes), 1, { remove: true }),
}

/** What came after Linux 5.10. */
const lacking: Readonly<Record<string, Feature>> = {
  PerCpuArray: 'batch-percpu-array',
  LpmTrie: 'batch-lpm-trie',
}

for (const { type, ...cells } of tableBelow('docs/maps.md', 'Many at once')) {
  const mapType = plain(type)
  for (const [operation, cell] of Object.entries(cells)) {
    test(`docs/maps.md: ${mapType}, ${operation} in batches: ${cell}`, (t) => {
      t.is(canBatch(t, mapType, operation), expected(mapType, cell))
    })
  }
}

function expected(mapType: string, cell: string): boolean {
  if (cell === 'yes' || cell === 'no') return cell === 'yes'
  const feature = lacking[mapType]
  if (cell !== 'not on 5.10' || feature === undefined) throw new Error(`${mapType}: "${cell}" means nothing`)
  return hasFeature(feature)
}

function canBatch(t: ExecutionContext, mapType: string, operation: string): boolean {
  const row = mapRows.find((one) => one.mapType === mapType)
  if (row === undefined) throw new Error(`there is no type ${mapType}`)
  const map = makeRawMap(t, { mapType, ...row.shape, ...(mapType === 'LpmTrie' && { mapFlags: 1 }) })
  try {
    operations[operation]?.(map)
    return true
  } catch (error) {
    if (EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_UNSUPPORTED') return false
    throw error
  }
}

/** The methods in a row; `as X` are those of X. */
function methodsIn(row: Row | undefined): readonly string[] {
  const cell = row?.['what it can do'] ?? ''
  if (!cell.startsWith('as ')) return codeIn(cell)
  return methodsIn(classes.find((one) => one['class'] === cell.slice('as '.length)))
}

/** What a class has beyond MapBase, symbols left out. */
function membersBelow(prototype: object): string[] {
  if (prototype === MapBase.prototype) return []
  const own = membersOf(prototype).filter((name) => !(name in MapBase.prototype))
  return [...new Set([...own, ...membersBelow(Object.getPrototypeOf(prototype) as object)])]
}

/** The names of a prototype that are public: internal ones are not in the declarations. */
function membersOf(prototype: object): string[] {
  const internal = [
    ...['constructor', 'access', 'codecs', 'keyCodec', 'fill', 'slot', 'toString', 'raw', 'types'],
    ...['countLost', 'lostOf', 'openReader'],
  ]
  return Object.getOwnPropertyNames(prototype).filter((name) => !internal.includes(name))
}
