// The contract of program classes, run for every class that there is.
import test from 'ava'
import * as ayajs from 'ayajs'
import { CgroupSkb, Program } from 'ayajs'
import { openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { programContract, type ProgramRow } from '../helpers/program-contract.ts'

leaveNothingBehind(test)

const rows: readonly ProgramRow[] = [
  {
    programClass: CgroupSkb,
    kind: 'CgroupSkb',
    fixture: 'cgroup_skb',
    program: 'count_egress',
    other: { fixture: 'kinds', program: 'xdp_pass', kind: 'Xdp' },
  },
]

for (const row of rows) programContract(test, row)

const inTable = rows.map(({ programClass }) => programClass.name)

test('every program class that the package exports has a row in this file', (t) => {
  const exported = Object.entries(ayajs)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Program)
    .map(([name]) => name)
  t.deepEqual(exported.sort(), [...inTable].sort())
})

test('every kind of program that comes in a class of its own has a row in this file', (t) => {
  const programs = ['cgroup_skb', 'kinds'].flatMap((fixture) => openFixture(t, fixture).programs())
  const classes = programs.map(([, { constructor }]) => constructor.name).filter((name) => name !== 'Program')
  t.deepEqual([...new Set(classes)].sort(), [...inTable].sort())
})
