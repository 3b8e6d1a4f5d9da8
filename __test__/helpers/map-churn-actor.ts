// A child that adds entries to a map and deletes them again, as fast as it can, until it is told to stop.
import { setImmediate } from 'node:timers/promises'
import { MapBase, type BytesMap } from 'ayajs'

const [id = '', from = '', count = ''] = process.argv.slice(2)
const map: BytesMap = MapBase.fromId(Number(id)).asBytes()

/** Keys are numbers behind whatever comes before: the length of a prefix, or nothing. */
const key = new Uint8Array(map.keySize)
const number = new DataView(key.buffer, map.keySize - 4)
if (map.mapType === 'LpmTrie') new DataView(key.buffer).setUint32(0, 32, true)
const value = new Uint8Array(map.valueBytes)

const state = { stopped: false }
process.on('message', () => (state.stopped = true))
process.send?.('churning')

let rounds = 0
for (; !state.stopped; rounds++) {
  for (let index = 0; index < Number(count); index++) {
    number.setUint32(0, Number(from) + index)
    map.set(key, value)
  }
  for (let index = 0; index < Number(count); index++) {
    number.setUint32(0, Number(from) + index)
    map.delete(key)
  }
  await setImmediate()
}
map.close()
process.send?.(rounds, () => process.disconnect())
