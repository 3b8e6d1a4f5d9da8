// What is said where the kernel's own words need help: bytes that are no text, functions by number, refused types.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Ebpf, EbpfError } from 'ayajs'
import { fixturePath, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

/** The object of a fixture in which one text begins with other bytes. */
function objectWith(fixture: string, text: string, bytes: string): Buffer {
  const object = readFileSync(fixturePath(fixture))
  object.write(bytes, object.indexOf(text), 'latin1')
  return object
}

test('a line of C in Latin-1 is told with its bytes replaced, and the object stays usable', (t) => {
  const bpf = Ebpf.load(objectWith('refused_memory', '/* null_pointer */', '/* z\xe9ro, c\xf4t\xe9 '))
  t.teardown(() => bpf.close())
  for (let times = 0; times < 2; times++) {
    const error = t.throws(() => bpf.program('null_pointer')?.load(), { instanceOf: EbpfError, code: 'ERR_EBPF_LOAD' })
    t.is(error?.reason, "R0 invalid mem access 'map_value_or_null'")
    t.regex(error?.sourceLine ?? '', /\*value = 1; \/\* z_ro, c_t_ /)
    t.regex(error?.verifierLog ?? '', /z_ro, c_t_/)
  }
  t.throws(() => bpf.program('stack_bounds')?.load(), { code: 'ERR_EBPF_LOAD' })
})

test('the programs beside one with a line in Latin-1 load', async (t) => {
  const bpf = await Ebpf.loadAsync(objectWith('refused', 'return 2;', '\xe9\xe8;'))
  t.teardown(() => bpf.close())
  await t.throwsAsync(async () => bpf.program('bad_return')?.loadAsync(), { code: 'ERR_EBPF_LOAD' })
  t.notThrows(() => bpf.program('fine')?.load())
})

test('a line of C in UTF-8 is told as it is', (t) => {
  const utf8 = Buffer.from('/* zéro */').toString('latin1')
  const bpf = Ebpf.load(objectWith('refused_memory', '/* null_pointer */', utf8))
  t.teardown(() => bpf.close())
  const error = t.throws(() => bpf.program('null_pointer')?.load(), { instanceOf: EbpfError })
  t.regex(error?.sourceLine ?? '', /\/\* zéro \*\//)
})

test('a type that is named in Latin-1 keeps no object from opening', (t) => {
  const bpf = Ebpf.load(objectWith('refused', '__sk_buff\0', '__sk_b\xfcf'))
  t.teardown(() => bpf.close())
  t.notThrows(() => bpf.program('fine')?.load())
})

test('a weak function that is called without a guard, and not there, is named', (t) => {
  const bpf = openFixture(t, 'refused_functions')
  const error = t.throws(() => bpf.program('unguarded')?.load(), { instanceOf: EbpfError, code: 'ERR_EBPF_LOAD' })
  t.regex(error?.reason ?? '', /^it calls ayajs_has_no_other, which is weak and not .* \(invalid func unknown#\d+\)$/)
  t.regex(error?.sourceLine ?? '', /\/\* unguarded \*\//)
  t.regex(error?.message ?? '', /EINVAL: it calls ayajs_has_no_other, /)
  t.false('absentFunction' in (error ?? {}))
})

test('a function that programs may not call is named, by kernels that know of any', (t) => {
  const bpf = openFixture(t, 'refused_functions')
  const error = t.throws(() => bpf.program('not_for_programs')?.load(), {
    instanceOf: EbpfError,
    code: 'ERR_EBPF_LOAD',
  })
  t.regex(error?.reason ?? '', /^(calling kernel function schedule is not allowed|BPF_CALL uses reserved fields)$/)
  t.notThrows(() => bpf.program('fine')?.load())
})

test('types that the kernel refuses, and that are needed, are told with its reason', (t) => {
  // Of the kinds in there, those that attach to functions of the kernel need types of their own.
  const error = t.throws(() => Ebpf.load(objectWith('kinds', '\0ctx\0', '\0+')), {
    instanceOf: EbpfError,
    code: 'ERR_EBPF_BTF',
  })
  t.like(error, { syscall: 'BPF_BTF_LOAD', errnoName: 'EINVAL' })
  t.regex(error?.reason ?? '', /FUNC_PROTO .*Invalid arg#1$/)
  t.regex(
    error?.message ?? '',
    /^Cannot open the object: the kernel refused its types: EINVAL: .*Invalid arg#1\..*verifierLog/,
  )
})

test('types that the kernel refuses, and that nothing needs, keep no program from loading', (t) => {
  const bpf = Ebpf.load(objectWith('refused', '__sk_buff\0', '+'))
  t.teardown(() => bpf.close())
  t.notThrows(() => bpf.program('fine')?.load())
})
