// What is said of programs that the verifier refuses, for each of its reasons: the reason, and the line of C.
import test from 'ava'
import { EbpfError } from 'ayajs'
import { openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { read } from '../../helpers/sources.ts'

leaveNothingBehind(test)

interface Refusal {
  /** Alternatives where it differs from kernel to kernel. */
  errnoName: string
  /** The words differ from kernel to kernel. */
  reason: RegExp
  /** The verifier says it before it looks at single instructions. */
  noLine?: true
}

const leak =
  /^Unreleased reference id=\d+ alloc_insn=\d+(; BPF_EXIT instruction in main prog would lead to reference leak)?$/

/** The programs of both fixtures. */
const refusals: Readonly<Record<string, Refusal>> = {
  null_pointer: { errnoName: 'EACCES', reason: /^R0 invalid mem access 'map_value_or_null'$/ },
  map_value_bounds: {
    errnoName: 'EACCES',
    reason:
      /^invalid access to map value, value_size=8 off=8 size=8; R1 (min|max) value is outside of the allowed memory range$/,
  },
  map_value_index: {
    errnoName: 'EACCES',
    reason: /^R1 unbounded memory access, make sure to bounds check any such access$/,
  },
  packet_bounds: {
    errnoName: 'EACCES',
    reason: /^invalid access to packet, .*; R1 (offset|min value) is outside of the (packet|allowed memory range)$/,
  },
  uninitialised_register: { errnoName: 'EACCES', reason: /^R7 !read_ok$/ },
  clobbered_register: { errnoName: 'EACCES', reason: /^R1 !read_ok$/ },
  stack_bounds: { errnoName: 'EACCES', reason: /^invalid (write to stack R10|stack) off=-520 size=8$/ },
  stack_of_frames: {
    errnoName: 'EACCES',
    reason: /^combined stack size of 3 calls is \d+\. Too large$/,
    noLine: true,
  },
  unreleased_record: { errnoName: 'EINVAL', reason: leak },
  unreleased_socket: { errnoName: 'EINVAL', reason: leak },
  helper_of_others: {
    errnoName: 'EINVAL',
    reason: /^(program of this type cannot use helper|unknown func) bpf_redirect#23$/,
  },
  unknown_helper: { errnoName: 'EINVAL', reason: /^invalid func unknown#9999$/ },
  helper_argument: { errnoName: 'EACCES', reason: /^R1 type=(scalar|inv) expected=map_ptr$/ },
  return_range: {
    errnoName: 'EINVAL',
    reason: /^At program exit the register R0 has .* should have been in .*$/,
  },
  readonly_map: { errnoName: 'EACCES', reason: /^write into map forbidden, value_size=8 off=0 size=8$/ },
  readonly_global: { errnoName: 'EACCES', reason: /^write into map forbidden, value_size=4 off=0 size=4$/ },
  missing_unlock: {
    errnoName: 'EINVAL',
    reason: /^(bpf_spin_unlock is missing|BPF_EXIT instruction .* bpf_spin_lock-ed region)$/,
  },
  lock_access: { errnoName: 'EACCES', reason: /^bpf_spin_lock cannot be accessed directly by load\/store$/ },
  unreachable_instruction: { errnoName: 'EINVAL', reason: /^unreachable insn 2$/, noLine: true },
  jump_out_of_range: { errnoName: 'EINVAL', reason: /^jump out of range from insn 0 to 101$/, noLine: true },
  division_by_zero: { errnoName: 'EINVAL', reason: /^div by zero$/ },
  shift_too_far: { errnoName: 'EINVAL', reason: /^invalid shift 64$/ },
  pointer_arithmetic: { errnoName: 'EACCES', reason: /^R1 pointer arithmetic with \*= operator prohibited$/ },
  context_bounds: { errnoName: 'EACCES', reason: /^invalid bpf_context access off=240 size=4$/ },
  context_readonly: { errnoName: 'EACCES', reason: /^invalid bpf_context access off=0 size=4$/ },
  misaligned_stack: { errnoName: 'EACCES', reason: /^misaligned stack access off .* size 4$/ },
  endless_recursion: {
    errnoName: 'E2BIG|EINVAL',
    reason: /^(the call stack of 9 frames is too deep|back-edge from insn \d+ to \d+$)/,
  },
}

/** It would fill the largest log there is. */
const withoutTrace = 'too_many_instructions'

const fixtures = ['refused_memory', 'refused_code'].map((name) => ({
  name,
  source: read(`__test__/fixtures/${name}.bpf.c`).split('\n'),
}))

/** The fixture that has a program of this name. */
function fixtureOf(program: string): (typeof fixtures)[number] {
  const fixture = fixtures.find(({ source }) => source.some((line) => line.startsWith(`int ${program}(`)))
  if (fixture === undefined) throw new Error(`no fixture has a program ${program}`)
  return fixture
}

for (const [name, { errnoName, reason, noLine }] of Object.entries(refusals)) {
  test(`${name} is refused with the verifier's reason${noLine ? '' : ' and the line of C'}`, (t) => {
    const { name: file, source } = fixtureOf(name)
    const error = refusedBy(() => openFixture(t, file).program(name)?.load())
    t.true(errnoName.split('|').includes(error.errnoName ?? ''), error.errnoName)
    t.regex(error.reason ?? '', reason)
    t.true(error.message.startsWith(`The kernel refused program "${name}": ${error.errnoName}: ${error.reason}`))
    // Linux 5.10 finds a recursion before it looks at single instructions.
    if (noLine || error.reason?.startsWith('back-edge')) {
      t.is(error.sourceLine, undefined)
      return
    }
    const index = source.findIndex((line) => line.includes(`/* ${name} */`))
    const [, place, text] = /^(?:(\w+\.bpf\.c:\d+): )?(.*)$/.exec(error.sourceLine ?? '') ?? []
    t.is(text, source[index]?.trim())
    if (place !== undefined) t.is(place, `${file}.bpf.c:${index + 1}`)
    t.true(error.message.includes(`${error.reason}, at ${error.sourceLine?.slice(0, 99)}`))
  })
}

test('a program with too many instructions is refused with the reason, and without a trace when none is wanted', (t) => {
  const bpf = openFixture(t, 'refused_code', { verifierLogLevel: 4 })
  const error = refusedBy(() => bpf.program(withoutTrace)?.load())
  t.is(error.errnoName, 'E2BIG')
  t.regex(error.reason ?? '', /^BPF program is too large\. Processed 1000001 insn$/)
  t.true((error.verifierLog ?? '').length < 1000)
})

const unresolved = {
  missing_field: 'struct task_struct::no_such_field cannot be resolved by CO-RE',
  missing_in_function: 'struct no_such_type::field in read_type() cannot be resolved by CO-RE',
}
for (const [name, reason] of Object.entries(unresolved)) {
  test(`${name} is refused because the kernel does not have what a CO-RE relocation is for`, (t) => {
    const error = refusedBy(() => openFixture(t, 'refused_core').program(name)?.load())
    t.true(error.reason?.startsWith(`${reason}: `), error.reason)
    t.regex(error.sourceLine ?? '', /^refused_core\.bpf\.c:\d+: .*(no_such_type|task_struct___newer)/)
    t.is(error.program, name)
  })
}

test('a CO-RE relocation without a target refuses nothing where the program asks before', (t) => {
  t.notThrows(() => openFixture(t, 'refused_core').program('missing_unreached')?.load())
})

test('every program of the fixtures is in the table', (t) => {
  const names = fixtures.flatMap(({ name }) => openFixture(t, name).programs())
  t.deepEqual(names.map(([name]) => name).sort(), [...Object.keys(refusals), withoutTrace].sort())
})

test('an error of the verifier shows its reason and the line of C beside the message', (t) => {
  const error = refusedBy(() => openFixture(t, 'refused_memory').program('null_pointer')?.load())
  t.true(Object.keys(error).includes('reason'))
  t.true(Object.keys(error).includes('sourceLine'))
  t.false(Object.keys(error).includes('verifierLog'))
})

function refusedBy(load: () => void): EbpfError {
  try {
    load()
  } catch (error) {
    if (EbpfError.isEbpfError(error) && error.code === 'ERR_EBPF_LOAD') return error
    throw error
  }
  throw new Error('the verifier has taken it')
}
