// What `npm run fuzz:core` holds to be the same, and what not.
import test from 'ava'
import { canonical } from '../../../fuzz/core/canonical.ts'
import { makeCase } from '../../../fuzz/core/case.ts'
import { judge, told, type Verdict } from '../../../fuzz/core/compare.ts'
import type { Attempt, Instruction } from '../../../fuzz/core/record.ts'

const exit: Instruction = [0x95, 0, 0, 0, 0]
const move = (number: number): Instruction => [0xb7, 0, 0, 0, number]
const callKernel = (number: number): Instruction => [0x85, 0, 0, 0, number]
const callFunction = (number: number): Instruction => [0x85, 0, 1, 0, number]
const spoiled = callKernel(0xbad2310)

const sent = (...instructions: readonly Instruction[]): Attempt => ({
  sent: { type: 1, attachType: 0, flags: 0, instructions },
  error: '',
})
const refused = (error: string): Attempt => ({ error })

const verdicts: readonly [what: string, libbpf: Attempt | undefined, ours: Attempt | undefined, verdict: Verdict][] = [
  ['the same instructions', sent(move(8), exit), sent(move(8), exit), 'same'],
  ['another number', sent(move(8), exit), sent(move(4), exit), 'different'],
  ['one instruction more', sent(move(8), exit), sent(move(8), move(8), exit), 'different'],
  ['spoiled calls, each with a number of its own', sent(spoiled), sent(callKernel(0xbad2317)), 'spoiled alike'],
  ['a spoiled call, and a call of the kernel', sent(spoiled), sent(callKernel(1)), 'different'],
  ['a spoiled call, and none', sent(spoiled), sent(move(0)), 'different'],
  [
    'nothing sent by libbpf, and a reason of CO-RE',
    refused('Invalid argument'),
    refused('ERR_EBPF_LOAD: … CO-RE …'),
    'refused alike',
  ],
  [
    'nothing sent by libbpf, and another reason',
    refused('Invalid argument'),
    refused('ERR_EBPF_LOAD: EPERM'),
    'different',
  ],
  ['nothing sent by libbpf, and loaded', refused('Invalid argument'), sent(exit), 'different'],
  ['nothing sent by us', sent(exit), refused('ERR_EBPF_LOAD: … CO-RE …'), 'different'],
  ['no such program', sent(exit), undefined, 'different'],
  ['shifts of 128 bits', sent(move(-64), exit), sent(spoiled, exit), 'different as intended'],
  ['shifts of 128 bits, and something else', sent(move(-64), exit), sent(spoiled, move(1)), 'different'],
]

for (const [what, libbpf, ours, verdict] of verdicts) {
  test(`${what}: ${verdict}`, (t) => t.is(judge(libbpf, ours), verdict))
}

test('functions may lie in any order, as long as they are called in the same one', (t) => {
  const one = [callFunction(2), callFunction(3), exit, move(1), exit, move(2), exit]
  const other = [callFunction(4), callFunction(1), exit, move(2), exit, move(1), exit]
  t.deepEqual(canonical(one), canonical(other))
  t.notDeepEqual(canonical(one), canonical([...other.slice(0, 3), move(1), exit, move(2), exit]))
})

test('a difference is told with both instructions', (t) => {
  t.deepEqual(told(sent(move(8), exit), sent(move(4), exit)), ['183 0 0 0 8 by libbpf, 183 0 0 0 4 by ayajs'])
  t.deepEqual(told(refused('Invalid argument'), undefined), [
    'libbpf sent nothing, and failed: Invalid argument',
    'ayajs has no such program',
  ])
})

test('a seed makes the same case each time, and another one another', (t) => {
  const source = (seed: number): string => makeCase(seed).object(true) + makeCase(seed).target
  t.is(source(7), source(7))
  t.not(source(7), source(8))
})
