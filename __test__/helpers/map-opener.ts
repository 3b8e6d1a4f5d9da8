// A child that makes and opens maps, and tells which capabilities it lacks for it.
import type { EbpfError } from 'ayajs'
import { native } from '../../dist/native.js'

const [id = ''] = process.argv.slice(2)
const { MapData } = native()
const small = { keySize: 4, valueSize: 4, maxEntries: 1 }

const attempts: Record<string, () => void> = {
  create: () => MapData.create({ ...small, mapType: 'LruHash' }).close(),
  'create for the network': () => MapData.create({ ...small, mapType: 'SockMap' }).close(),
  fromId: () => MapData.fromId(Number(id)).close(),
}

const outcome: Record<string, readonly string[] | string | null> = {}
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    attempt()
    outcome[name] = null
  } catch (error) {
    const { code, missingCapabilities } = error as EbpfError
    outcome[name] = code === 'ERR_EBPF_PERMISSION' ? (missingCapabilities ?? []) : String(error)
  }
}
process.send?.(outcome, () => process.disconnect())
