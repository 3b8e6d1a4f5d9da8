// The corpus: what becomes of objects by other compilers, for other loaders, and broken ones, is what a table says.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ArrayOfMaps, Ebpf, EbpfError, HashOfMaps, type Program, ProgramArray } from 'ayajs'
import { accepted, refused, type Refused } from '../corpus/expected.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { root } from '../helpers/sources.ts'

leaveNothingBehind(test)

const corpus = join(root, '__test__/corpus')
const folders = ['clang-14', 'clang-16', 'clang-22', 'edited']
const objects = folders.flatMap((folder) =>
  readdirSync(join(corpus, folder)).map((file) => ({ folder, name: basename(file, '.bpf.o') })),
)

test('the table has a row for each object of the corpus, and no other', (t) => {
  const names = [...Object.keys(accepted), ...Object.keys(refused)]
  t.deepEqual(names.sort(), [...new Set(objects.map(({ name }) => name))].sort())
})

for (const { folder, name } of objects) {
  const row = accepted[name]
  if (row === undefined) {
    test(`${name} by ${folder} is refused`, (t) => {
      throwsAs(t, () => Ebpf.loadFile(pathOf(folder, name)).close(), refused[name]!)
    })
    continue
  }
  test(`${name} by ${folder} is opened, with all its programs and maps`, (t) => {
    const bpf = open(t, folder, name)
    const programs = new Map(bpf.programs())
    t.deepEqual([...programs.keys()].sort(), Object.keys(row.programs).sort())
    t.deepEqual(shapes(bpf, row.maps ?? {}), row.maps ?? {})
    for (const [program, outcome] of Object.entries(row.programs)) check(t, programs.get(program)!, outcome)
  })
}

const slots: readonly [name: string, slots: (bpf: Ebpf) => readonly unknown[], expected: (bpf: Ebpf) => unknown[]][] = [
  [
    'map_in_map_initialised_array',
    (bpf) => [0, 1, 2].map((key) => ArrayOfMaps.tryFrom(bpf.map('outer')).mapId(key)),
    (bpf) => [idOf(bpf, 'inner_a'), undefined, idOf(bpf, 'inner_b')],
  ],
  [
    'map_in_map_initialised_hash',
    (bpf) => [0, 1, 2].map((key) => HashOfMaps.tryFrom(bpf.map('outer')).mapId(key)),
    (bpf) => [idOf(bpf, 'inner_a'), undefined, idOf(bpf, 'inner_b')],
  ],
  [
    'map_programs_initialised',
    (bpf) => [0, 1].map((index) => ProgramArray.tryFrom(bpf.map('jumps')).programId(index)),
    (bpf) => [undefined, bpf.program('target')?.info().id],
  ],
]

for (const folder of folders.slice(0, 3)) {
  for (const [name, found, expected] of slots) {
    test(`the entries of ${name} by ${folder} are as C initialises them`, (t) => {
      const bpf = open(t, folder, name)
      for (const [, program] of bpf.programs()) program.load()
      t.deepEqual(found(bpf), expected(bpf))
    })
  }
}

function open(t: ExecutionContext, folder: string, name: string): Ebpf {
  const bpf = Ebpf.loadFile(pathOf(folder, name))
  t.teardown(() => bpf.close())
  return bpf
}

function pathOf(folder: string, name: string): string {
  return join(corpus, folder, `${name}.bpf.o`)
}

/** What the kernel says of each map; the entries only where the table has them. */
function shapes(bpf: Ebpf, table: Readonly<Record<string, readonly unknown[]>>): Record<string, unknown[]> {
  return Object.fromEntries(
    bpf.maps().map(([name, map]) => {
      const { mapType, keySize, valueSize, maxEntries } = map.info()
      return [name, [mapType, keySize, valueSize, maxEntries].slice(0, table[name]?.length ?? 4)]
    }),
  )
}

function check(t: ExecutionContext, program: Program, outcome: string | Refused): void {
  if (typeof outcome !== 'string') return throwsAs(t, () => program.load(), outcome)
  t.is(program.kind, outcome)
  t.notThrows(() => program.load())
}

function throwsAs(t: ExecutionContext, attempt: () => void, { code, message }: Refused): void {
  t.throws(attempt, { instanceOf: EbpfError, code, message })
}

function idOf(bpf: Ebpf, map: string): number | undefined {
  return bpf.map(map)?.info().id
}
