// What CO-RE relocations want and this kernel does not have: it is named, and refuses the program that reaches it alone.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Btf, Ebpf, EbpfError } from 'ayajs'
import { fixturePath, loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { typesOf } from '../../helpers/types-of.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

interface Missing {
  feature: string
  reason: string
  remedy: RegExp
}

const guardFields =
  /Ask bpf_core_field_exists\(\) before it is read, or load the program only where the kernel has it\.$/
const declare = /Declare it in the object as the kernel has it: bpftool btf dump file .* format c\.$/

/** By program. */
const missing: Readonly<Record<string, Missing>> = {
  reads_field: {
    feature: 'struct sk_buff::no_such_field',
    reason: 'struct sk_buff of this kernel has no field no_such_field',
    remedy: guardFields,
  },
  asks_size_of_field: {
    feature: 'struct sk_buff::no_such_field',
    reason: 'struct sk_buff of this kernel has no field no_such_field',
    remedy: guardFields,
  },
  reads_type: {
    feature: 'struct no_such_type::field',
    reason: 'this kernel has no struct no_such_type',
    remedy: guardFields,
  },
  reads_other_size: {
    feature: 'struct sk_buff::len',
    reason: 'it has 4 bytes in this kernel, and 1 in the object; only pointers and unsigned numbers may differ',
    remedy: declare,
  },
  reads_other_kind: {
    feature: 'struct sk_buff::mac_len',
    reason: 'struct sk_buff::mac_len of this kernel has another type',
    remedy: declare,
  },
  takes_value: {
    feature: 'enum bpf_map_type::BPF_MAP_TYPE_NO_SUCH',
    reason: 'enum bpf_map_type of this kernel has no value BPF_MAP_TYPE_NO_SUCH',
    remedy: /Ask bpf_core_enum_value_exists\(\) before it is used/,
  },
}

for (const [name, { feature, reason, remedy }] of Object.entries(missing)) {
  test(`${name} is refused with what the kernel lacks, the line of C and what to do`, (t) => {
    const error = t.throws(() => openFixture(t, 'refused_relocations').program(name)?.load(), {
      instanceOf: EbpfError,
      code: 'ERR_EBPF_LOAD',
    })
    t.is(error?.program, name)
    t.is(error?.feature, feature)
    t.is(error?.reason, `${feature} cannot be resolved by CO-RE: ${reason}`)
    t.regex(error?.sourceLine ?? '', /^refused_relocations\.bpf\.c:\d+: return /)
    t.regex(error?.message ?? '', remedy)
    t.true(error?.message.includes(`${reason}, at refused_relocations.bpf.c:`))
    t.regex(error?.verifierLog ?? '', /invalid func unknown#1958960\d\d/)
  })
}

test('a program that asks before it reads runs, whatever else of its object cannot', (t) => {
  const bpf = openFixture(t, 'refused_relocations')
  t.throws(() => bpf.program('reads_field')?.load(), { code: 'ERR_EBPF_LOAD' })
  t.is(loaded(bpf, 'asks_first').testRun({ packet }).returnValue, 1)
})

test('with relocation turned off an instruction stays as it was compiled', (t) => {
  const bpf = openFixture(t, 'refused_relocations', { btf: null })
  const error = t.throws(() => bpf.program('asks_size_of_field')?.load(), { instanceOf: EbpfError })
  t.regex(error?.reason ?? '', /^At program exit the register R0 has .*4/)
})

test('what other types lack than those of this kernel is said of them', (t) => {
  const btf = Btf.parse(typesOf(readFileSync(fixturePath('cgroup_skb'))))
  const bpf = openFixture(t, 'refused_relocations', { btf })
  const error = t.throws(() => bpf.program('reads_other_kind')?.load(), { instanceOf: EbpfError })
  t.regex(error?.reason ?? '', /: the given BTF has no struct sk_buff$/)
})

test('a bit-field that the kernel has as a plain field is no failure', (t) => {
  const object = readFileSync(fixturePath('relocated'))
  // In `struct outer`, at bit 64 with a width of 1 (linux/btf.h: `BTF_MEMBER_BITFIELD_SIZE`); without a width afterwards.
  const types = Buffer.from(typesOf(object))
  types[types.indexOf(Buffer.from([64, 0, 0, 1])) + 3] = 0
  t.notThrows(() => Ebpf.load(object, { btf: Btf.parse(types) }).close())
})
