// What every handle of something attached owes: each kind of handle, after each way of closing it.
import { inspect } from 'node:util'
import test from 'ava'
import { CgroupSkbLink, FdLink, PinnedLink } from 'ayajs'
import { idsOn } from '../../helpers/attachments.ts'
import { idBehind, showLink } from '../../helpers/bpftool.ts'
import { leaveNothingBehind, ownDescriptors } from '../../helpers/left-behind.ts'
import { handleRows, type Held } from '../../helpers/link-handles.ts'

leaveNothingBehind(test)

for (const { name, make, closings, methods, idempotent } of handleRows) {
  test(`${name} is open and attached at first, and tells what the kernel has`, (t) => {
    const { handle, cgroup } = make(t)
    t.false(handle.closed)
    t.true(handle.attached)
    const { id, programId, cgroupId, attachType } = handle.info()
    t.deepEqual(idsOn(cgroup), [programId])
    t.is(attachType, 'Egress')
    if (id === null) return
    t.like(showLink(id), { id, type: 'cgroup', prog_id: programId, cgroup_id: Number(cgroupId) })
    t.is(idBehind(handle.fd()), id)
  })

  for (const [method, call] of Object.entries(methods)) {
    test(`${name}: ${method} works on an open one`, (t) => {
      const held = make(t)
      t.teardown(() => closeWhatCame(result))
      const result = call(held)
      t.pass()
    })
  }

  for (const closing of closings) {
    test(`${name} after ${closing.name} is closed, and the program ${closing.stays ? 'stays' : 'is detached'}`, (t) => {
      const held = make(t)
      const before = ownDescriptors().length
      closing.close(held, t)
      t.true(held.handle.closed)
      t.false(held.handle.attached)
      t.is(idsOn(held.cgroup).length, closing.stays ? 1 : 0)
      t.is(ownDescriptors().length, closing.moves || isMode(held) ? before : before - 1)
    })

    test(`${name} after ${closing.name}: every method throws ERR_EBPF_CLOSED, or does nothing`, (t) => {
      const held = make(t)
      closing.close(held, t)
      const there = idsOn(held.cgroup)
      for (const [method, call] of Object.entries(methods)) {
        if (idempotent.includes(method)) t.notThrows(() => call(held), method)
        else t.throws(() => call(held), { code: 'ERR_EBPF_CLOSED' }, method)
      }
      t.deepEqual(idsOn(held.cgroup), there)
    })

    test(`${name} after ${closing.name}: inspect says closed, in one line`, (t) => {
      const held = make(t)
      const { constructor } = held.handle
      closing.close(held, t)
      const shown = inspect(held.handle, { breakLength: Infinity })
      t.regex(shown, new RegExp(`^${constructor.name} \\{ .*state: 'closed' \\}$`))
    })
  }
}

test('every method of every link class is in the contract', (t) => {
  for (const linkClass of [CgroupSkbLink, FdLink, PinnedLink]) {
    const own = Object.entries(Object.getOwnPropertyDescriptors(linkClass.prototype))
    const expected = own.filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
    const rows = handleRows.filter(({ name }) => name.startsWith(`${linkClass.name} `) || name === linkClass.name)
    const tried = new Set(rows.flatMap(({ methods }) => Object.keys(methods)))
    t.deepEqual(
      expected.map(([name]) => `${name}()`).filter((name) => !tried.has(name)),
      [],
      linkClass.name,
    )
  }
})

const illegal = [CgroupSkbLink, FdLink, PinnedLink]

for (const linkClass of illegal) {
  test(`new ${linkClass.name}() throws ERR_ILLEGAL_CONSTRUCTOR`, (t) => {
    for (const argument of [undefined, null, {}, 7]) {
      t.throws(() => Reflect.construct(linkClass, [argument]), {
        instanceOf: TypeError,
        code: 'ERR_ILLEGAL_CONSTRUCTOR',
      })
    }
  })
}

/** Attachments by a mode have no descriptor of bpf(2) of their own. */
function isMode({ handle }: Held): boolean {
  return 'kind' in handle && handle.kind === 'program'
}

/** Closes the handle that a method has returned, if it has. */
function closeWhatCame(result: unknown): void {
  if (result instanceof FdLink) result.detach()
  if (result instanceof PinnedLink) result.close()
}
