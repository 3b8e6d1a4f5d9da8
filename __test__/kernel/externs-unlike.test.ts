// What an object takes from the running kernel by a name that the kernel has, for something else: libbpf's rules.
import test from 'ava'
import { EbpfError } from 'ayajs'
import { loaded, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { packet } from '../helpers/rings.ts'

leaveNothingBehind(test)

test('of several versions of a function, those that the kernel has otherwise are not there', (t) => {
  t.is(loaded(openFixture(t, 'externs_unlike'), 'versions').testRun({ packet }).returnValue, 1)
})

const unlike = [
  { program: 'other_function', says: /it calls bpf_rcu_read_unlock___other, which takes or returns something else/ },
  { program: 'other_variable', says: /it wants the variable bpf_prog_active, which is of another type in this kernel/ },
  { program: 'several', says: /it wants the address of init_once, of which this kernel has several/ },
  { program: 'whole_name', says: /it wants the address of do_exit___old, which this kernel does not have/ },
]

for (const { program, says } of unlike) {
  test(`${program} is not loaded with something else of that name`, (t) => {
    const error = t.throws(() => openFixture(t, 'externs_unlike').program(program)?.load(), { instanceOf: EbpfError })
    t.like(error, { code: 'ERR_EBPF_UNSUPPORTED', program })
    t.regex(error?.message ?? '', says)
  })
}
