// Objects that aya refuses or misreads as they are: what they mean is what runs, and what cannot be carried is listed.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { ArrayMap, CgroupSkb, describeObject, Ebpf } from 'ayajs'
import { sym, symbolsOf } from '../../scripts/corpus/elf.mjs'
import { fixturePath, loaded, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))
const fixtures = ['section_names', 'sub_programs', 'old_sections', 'kinds', 'cgroup_skb']

for (const name of fixtures) {
  test(`${name}: the programs of the open object are those that describeObject lists`, (t) => {
    const opened = openFixture(t, name).programs()
    const described = describeObject(readFileSync(fixturePath(name))).programs
    t.deepEqual(
      opened.map(([program, { kind }]) => [program, kind]),
      described.map((program) => [program.name, program.kind]).sort(),
    )
  })
}

test('programs load, whatever their section is called, and others tell why they cannot', (t) => {
  const bpf = openFixture(t, 'section_names')
  const described = describeObject(readFileSync(fixturePath('section_names'))).programs
  for (const { name, section, kind, unsupported } of described) {
    const program = bpf.program(name)
    if (unsupported === null) {
      t.notThrows(() => program?.load(), name)
      continue
    }
    const error = t.throws(() => program?.load(), { code: 'ERR_EBPF_UNSUPPORTED' })
    t.true(error?.message.startsWith(`Program "${name}" (section "${section}") cannot be loaded: ${unsupported}`))
    t.is(program?.kind, kind)
    t.is(program?.asRawFd(), null)
    t.throws(() => program?.unload(), { code: 'ERR_EBPF_NOT_LOADED' })
    t.throws(() => program?.info(), { code: 'ERR_EBPF_NOT_LOADED' })
  }
})

test('a program that cannot be loaded says so on another thread, too', async (t) => {
  const program = openFixture(t, 'section_names').program('ops_member')
  await t.throwsAsync(async () => program?.loadAsync(), { code: 'ERR_EBPF_UNSUPPORTED', message: /StructOps/ })
  t.throws(() => CgroupSkb.tryFrom(program), { code: 'ERR_EBPF_UNEXPECTED_PROGRAM_TYPE' })
})

test('a program that calls what nobody defines is listed, and names it', (t) => {
  const program = openFixture(t, 'missing_function').program('call_absent')
  t.throws(() => program?.load(), {
    code: 'ERR_EBPF_UNSUPPORTED',
    message: /calls "absent", which the object does not have/,
  })
})

test('functions at the same offset of different sections are called each by its own name', (t) => {
  const bpf = openFixture(t, 'sub_programs')
  loaded(bpf, 'calls').testRun({ packet })
  loaded(bpf, 'calls_beside').testRun({ packet })
  const results = ArrayMap.tryFrom(bpf.map('results')) as ArrayMap<bigint>
  t.deepEqual(
    [0, 1, 2, 3].map((slot) => results.get(slot)),
    [2n, 42n, 15n, 15n],
  )
})

test('programs of an object without types in its symbols run', (t) => {
  const bpf = Ebpf.load(withoutSymbolTypes(readFileSync(fixturePath('old_sections'))))
  t.teardown(() => bpf.close())
  loaded(bpf, 'first').testRun({ packet, repeat: 2 })
  const map = bpf.map('first_map')?.asBytes()
  t.is(new BigUint64Array(map?.get(new Uint8Array(4))?.slice().buffer ?? new ArrayBuffer(8))[0], 80n)
  t.notThrows(() => loaded(bpf, 'second'))
})

/** As old LLVM wrote them: no symbol has a type or a size. */
function withoutSymbolTypes(object: Buffer): Uint8Array {
  for (const { at, type } of symbolsOf(object)) {
    if (type === sectionSymbol) continue
    object[at + sym.info]! &= 0xf0
    object.writeBigUInt64LE(0n, at + sym.size)
  }
  return object
}

/** `STT_SECTION` */
const sectionSymbol = 3
