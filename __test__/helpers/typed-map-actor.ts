// A child that opens a pinned map, and tells what it lacks to know its types.
import { ArrayOfMaps, HashMap } from 'ayajs'
import { tellOutcomes } from './outcomes.ts'

const [hash = '', outer = ''] = process.argv.slice(2)

const attempts: Record<string, () => unknown> = {
  'HashMap.create': () => HashMap.create({ keySize: 4, valueSize: 4, maxEntries: 1 }).close(),
  'HashMap.fromPin': () => HashMap.fromPin(hash).close(),
  'get of typed keys': () => HashMap.fromPin<number, bigint>(hash).get(40),
  'get of bytes': () => HashMap.fromPin(hash).asBytes().get(new Uint8Array(4)),
  'ArrayOfMaps.mapId': () => ArrayOfMaps.fromPin(outer).mapId(0),
  'ArrayOfMaps.get': () => ArrayOfMaps.fromPin(outer).get(0),
}

tellOutcomes(attempts)
