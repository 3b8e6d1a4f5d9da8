// The sentences of docs/lifetime.md about processes that are killed in the middle of something. `npm run soak -- kill` does it longer.
import test, { type ExecutionContext } from 'ava'
import { killed } from '../../soak/kill.ts'
import type { Phase } from '../../soak/kill-states.ts'
import { makeCgroup } from '../helpers/cgroup.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { makePinDirectory } from '../helpers/pins.ts'

leaveNothingBehind(test)

const times = 4

/** It throws when anything else is left than the title says: the rules are in soak/kill-states.ts. */
async function killSome(t: ExecutionContext, phase: Phase): Promise<void> {
  const place = { cgroup: makeCgroup(t).path, pins: makePinDirectory(t) }
  for (let time = 0; time < times; time++) await killed(phase, place)
  t.pass()
}

test('`kill -9` amid `pin()` and `unpin()` leaves what has its file, and nothing else: a link attached, a program, a map', async (t) => {
  await killSome(t, 'pin')
})

test('`kill -9` amid `update()` of a pinned link leaves exactly one of the two programs attached', async (t) => {
  await killSome(t, 'update')
})

test('`kill -9` amid `replace` in mode `AllowMultiple` leaves exactly one of the two programs attached', async (t) => {
  await killSome(t, 'replace')
})

test('`kill -9` amid attaching and detaching leaves no link, and of a program in a mode either the attachment or nothing', async (t) => {
  await killSome(t, 'attach')
})
