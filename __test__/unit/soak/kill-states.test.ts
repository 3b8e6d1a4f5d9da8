// The state machine of the soak `kill`: which remains are right, and which are complained of.
import test from 'ava'
import { complaints, phases, type Made, type Phase, type Seen } from '../../../soak/kill-states.ts'

const made: Made = { programs: [1, 2], map: 9 }
const nothing: Seen = { pins: [], attached: [], links: [], programs: [], map: false }
const firstAttached: Seen = { ...nothing, attached: [1], programs: [1], map: true }
const secondAttached: Seen = { ...nothing, attached: [2], programs: [2] }
const linkOf = (seen: Seen): Seen => ({ ...seen, pins: ['link'], links: seen.attached })

const right: readonly [Phase, Seen][] = [
  ['pin', nothing],
  ['pin', linkOf(firstAttached)],
  ['pin', { ...linkOf(firstAttached), pins: ['link', 'program'] }],
  ['pin', { ...linkOf(firstAttached), pins: ['link', 'map', 'program'] }],
  ['update', linkOf(firstAttached)],
  ['update', linkOf(secondAttached)],
  ['replace', firstAttached],
  ['replace', secondAttached],
  ['attach', nothing],
  ['attach', firstAttached],
]

for (const [phase, seen] of right) {
  test(`${JSON.stringify(seen)} is right after ${phase}`, (t) => {
    t.deepEqual(complaints(phase, made, seen), [])
  })
}

const wrong: readonly [Phase, string, Seen][] = [
  ['pin', 'a map without its program', { ...linkOf(firstAttached), pins: ['link', 'map'] }],
  ['pin', 'a file that nobody pins', { ...nothing, pins: ['temporary'] }],
  ['pin', 'a link without a file', { ...firstAttached, links: [1] }],
  ['pin', 'a file of a link that is not attached', { ...nothing, pins: ['link'] }],
  ['update', 'no program', { ...nothing, pins: ['link'] }],
  ['update', 'both programs', linkOf({ ...nothing, attached: [1, 2], programs: [1, 2], map: true })],
  ['update', 'no pin', { ...firstAttached, links: [1] }],
  ['update', 'another program', linkOf({ ...nothing, attached: [3], programs: [3] })],
  ['replace', 'no program', nothing],
  ['replace', 'both programs', { ...nothing, attached: [1, 2], programs: [1, 2], map: true }],
  ['attach', 'a link', { ...firstAttached, links: [1] }],
  ['attach', 'the program twice', { ...firstAttached, attached: [1, 1] }],
]

for (const [phase, what, seen] of wrong) {
  test(`${what} is wrong after ${phase}`, (t) => {
    t.not(complaints(phase, made, seen).length, 0)
  })
}

test('programs and maps that nothing holds are wrong after every phase, and so are held ones that have gone', (t) => {
  for (const phase of phases) {
    const [, seen] = right.filter(([of]) => of === phase).at(-1) ?? ['pin', nothing]
    t.not(complaints(phase, made, { ...seen, programs: [...seen.programs, 2, 7] }).length, 0, phase)
    t.not(complaints(phase, made, { ...seen, map: !seen.map }).length, 0, phase)
  }
  t.not(complaints('replace', made, { ...firstAttached, programs: [] }).length, 0)
})
