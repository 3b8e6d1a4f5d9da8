// Which capabilities maps need: each is named where it lacks, and what needs none of them works without.
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ArrayOfMaps } from 'ayajs'
import { commandOf, startChild } from '../../helpers/children.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { closing, makeHash, typedMap } from '../../helpers/map-kit.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import type { Outcome } from '../../helpers/outcomes.ts'

leaveNothingBehind(test)

const sysAdmin = ['CAP_SYS_ADMIN']

test('with CAP_BPF alone maps are made and opened; types and ids of others need CAP_SYS_ADMIN', async (t) => {
  t.deepEqual(await outcomeWith(t, ',+bpf'), {
    'HashMap.create': null,
    'HashMap.fromPin': null,
    'get of typed keys': sysAdmin,
    'get of bytes': null,
    'ArrayOfMaps.mapId': null,
    'ArrayOfMaps.get': sysAdmin,
  })
})

test('without capabilities making a map names CAP_BPF', async (t) => {
  const { 'HashMap.create': create } = await outcomeWith(t, '')
  t.deepEqual(create, ['CAP_BPF'])
})

/** Starts a child as root that has no capabilities but these, and those to read a checkout of somebody else. */
async function outcomeWith(t: ExecutionContext, capabilities: string): Promise<Outcome> {
  const directory = makePinDirectory(t)
  const [hash, outer] = [join(directory, 'hash'), join(directory, 'outer')]
  typedMap(t, 'hash').pin(hash)
  const inner = makeHash(t)
  closing(t, ArrayOfMaps.create({ maxEntries: 1, inner }))
    .set(0, inner)
    .pin(outer)
  const bounding = `--bounding-set=-all,+dac_override,+dac_read_search${capabilities}`
  const command = commandOf('./typed-map-actor.ts', hash, outer)
  return startChild(t, ['setpriv', '--inh-caps=-all', bounding, '--', ...command]).next<Outcome>()
}
