// How a row is measured: with processes that speak the protocol, but measure nothing.
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Contender } from '../../../benchmark/contenders.ts'
import { Peer } from '../../../benchmark/peer.ts'
import { measureRow } from '../../../benchmark/rounds.ts'
import { rowOf } from '../../../benchmark/report.ts'
import { root } from '../../helpers/sources.ts'

const row = { ...rowOf({ name: 'lookup' }), iterations: 10, rounds: 3, warmUps: 2, without: { excused: 'cannot' } }
const plan = { rounds: 3, progress: () => {}, prepare: async () => {} }

/** A contender that runs this code for `lookup(iterations)`. */
function contender(name: string, body: string): Contender {
  const serve = join(root, 'benchmark/peers/node/serve.mjs')
  const code = `import { serve } from ${JSON.stringify(serve)}; let calls = 0; serve('1.2', { lookup(iterations) { calls++; ${body} } })`
  return {
    name,
    title: name.toUpperCase(),
    ours: false,
    subjects: ['maps'],
    product: process.execPath,
    step: '',
    command: () => [process.execPath, '--input-type=module', '--eval', code],
  }
}

async function start(t: ExecutionContext, ...contenders: Contender[]): Promise<Peer[]> {
  return Promise.all(contenders.map((one) => startOne(t, one)))
}

async function startOne(t: ExecutionContext, one: Contender): Promise<Peer> {
  const peer = await Peer.start(one, '')
  t.teardown(() => peer.stop())
  return peer
}

test('a peer tells its version and its rows', async (t) => {
  const peer = await startOne(t, contender('a', 'return 1'))
  t.deepEqual([peer.version, peer.rows], ['1.2', ['lookup']])
})

test('a peer answers with a time and its sum', async (t) => {
  const peer = await startOne(t, contender('a', 'return iterations * 2'))
  const measured = await peer.run('lookup', 21)
  t.is(measured.sum, '42')
  t.true(measured.elapsedNs > 0)
})

test('a peer whose row fails says why, and goes on', async (t) => {
  const peer = await startOne(t, contender('a', 'if (calls === 1) throw new Error("no\\nluck"); return 1'))
  await t.throwsAsync(peer.run('lookup', 1), { message: 'A: lookup: error no luck' })
  t.is((await peer.run('lookup', 1)).sum, '1')
})

test('a peer that ends is an error, not a wait', async (t) => {
  const peer = await startOne(t, contender('a', 'process.exit()'))
  await t.throwsAsync(peer.run('lookup', 1), { message: 'A: its process has ended' })
})

test('a peer that cannot be started is an error', async (t) => {
  const absent: Contender = { ...contender('a', ''), command: () => [join(root, 'no/such/program')] }
  await t.throwsAsync(Peer.start(absent, ''), { message: 'A: its process has ended' })
})

test('a row has a sample of each counted round, of each contender', async (t) => {
  const everyone = [contender('a', 'return iterations'), contender('b', 'return iterations')]
  const { name, series } = await measureRow(row, everyone, await start(t, ...everyone), plan)
  t.is(name, 'lookup')
  t.deepEqual(
    series.map(({ contender: who, samples }) => [who, samples.length]),
    [
      ['a', 3],
      ['b', 3],
    ],
  )
})

test('contenders take turns, and each turn is announced and preceded by a pause', async (t) => {
  const everyone = [contender('a', 'return 1'), contender('b', 'return 1')]
  const said: string[] = []
  await measureRow({ ...row, warmUps: 1 }, everyone, await start(t, ...everyone), {
    rounds: 2,
    progress: (text) => said.push(text),
    prepare: async () => void said.push('pause'),
  })
  t.deepEqual(
    said.filter((text) => text !== 'pause'),
    [
      'lookup: warming up, A',
      'lookup: warming up, B',
      'lookup: round 1 of 2, B',
      'lookup: round 1 of 2, A',
      'lookup: round 2 of 2, A',
      'lookup: round 2 of 2, B',
    ],
  )
  t.is(said.length, 12)
})

test('contenders that read something else fail the run', async (t) => {
  const everyone = [contender('a', 'return 1'), contender('b', 'return 2')]
  const peers = await start(t, ...everyone)
  await t.throwsAsync(measureRow(row, everyone, peers, plan), {
    message: 'lookup: contenders did not read the same: A: 1; B: 2',
  })
})

test('a contender that fails in one round is out of the row, with the reason', async (t) => {
  const everyone = [contender('a', 'return 1'), contender('b', 'if (calls === 4) throw new Error("full"); return 1')]
  const { series } = await measureRow(row, everyone, await start(t, ...everyone), plan)
  t.is(series[0]?.samples.length, 3)
  t.deepEqual(series[1], { contender: 'b', samples: [], missing: 'failed: B: lookup: error full' })
})

test('a contender that cannot take part is not asked', async (t) => {
  const everyone = [contender('excused', 'process.exit()')]
  const { series } = await measureRow(row, everyone, await start(t, ...everyone), plan)
  t.deepEqual(series, [{ contender: 'excused', samples: [], missing: 'cannot' }])
})
