// Structs of one name in a kernel: what a program has asked for of one says which it means.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Btf, EbpfError } from 'ayajs'
import { fixturePath, loaded, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { packet } from '../helpers/rings.ts'
import { typesOf } from '../helpers/types-of.ts'

leaveNothingBehind(test)

const btf = (): Btf => Btf.parse(typesOf(readFileSync(fixturePath('twins_types'))))

test('a field that one of them has alone tells where the next one is', (t) => {
  const bpf = openFixture(t, 'twins', { btf: btf() })
  t.is(loaded(bpf, 'with_both').testRun({ packet }).returnValue, 1)
})

test('a field that they have at different places is ambiguous', (t) => {
  const bpf = openFixture(t, 'twins', { btf: btf() })
  const error = t.throws(() => bpf.program('with_second')?.load(), { instanceOf: EbpfError, code: 'ERR_EBPF_LOAD' })
  t.regex(error?.reason ?? '', /struct twin::second cannot be resolved by CO-RE: .* several types of that name/)
})
