// Handles outlast privileges: what a process that became nobody can still do with what it opened as root, and what not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makeCgroup } from '../helpers/cgroup.ts'
import { commandOf, startChild } from '../helpers/children.ts'
import { hasFeature } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import type { Outcome } from '../helpers/outcomes.ts'
import { makePinDirectory } from '../helpers/pins.ts'

leaveNothingBehind(test)

const none = null
const bpf = ['CAP_BPF']
const both = ['CAP_BPF', 'CAP_NET_ADMIN']

/** Linux 5.10 refuses bpf(2) altogether: what works there makes no call of it. */
const call = hasFeature('handles-without-capabilities') ? none : 'refused'

/** What is tried → the capabilities that it lacks; `null` where it lacks none. */
const expected: Outcome = {
  'have capabilities': none,
  'become root again': none,
  'read a map': call,
  'write a map': call,
  'read a map in its types': call,
  'walk a map': call,
  'write many elements': call,
  'delete an element': call,
  'read a global variable': none,
  'write a global variable': none,
  'read a ring buffer': none,
  'ask for a map': call,
  'ask for a program': call,
  'ask for a link': call,
  'run a test': call,
  'replace a program in its link': call,
  'open an object': both,
  'make a map': bpf,
  'load a program': both,
  'attach a program': both,
  'pin a map': 'refused', // By the directory.
  'detach a link': none,
  'close the object': none,
}

test('a process that became nobody reads, writes, replaces and detaches by its handles, and makes nothing new', async (t) => {
  if (readFileSync('/proc/sys/kernel/unprivileged_bpf_disabled', 'utf8').trim() === '0') {
    t.log('skipped: this kernel lets everybody load programs (kernel.unprivileged_bpf_disabled is 0)')
    t.pass()
    return
  }
  const pin = join(makePinDirectory(t), 'map')
  const child = startChild(t, commandOf('./dropped-actor.ts', makeCgroup(t).path, pin))
  const outcome = await child.next<Outcome>()
  const seen = Object.entries(outcome).map(([what, missing]) => {
    return [what, expected[what] === 'refused' && missing !== null ? 'refused' : missing]
  })
  t.deepEqual(Object.fromEntries(seen), expected)
})
