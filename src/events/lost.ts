// Reads what programs have counted as lost; see bpf/include/ayajs/ring.bpf.h.

import { EbpfError } from '../errors.ts'
import { calledFirst } from '../maps/called.ts'
import type { MapBase } from '../maps/map-base.ts'

/**
 * Records that programs could not put into a ring buffer, as they have counted themselves: the sum over all CPUs of the
 * first element of `map`, a per-CPU array of `__u64` as `RING_LOST` of `ayajs/ring.bpf.h` declares it.
 *
 * @throws {EbpfError} `ERR_EBPF_MAP` when the map is not such an array; `ERR_EBPF_CLOSED`.
 */
export function lostRecords(map: MapBase): number {
  const { keySize, valueSize, mapType } = map.info()
  const value = keySize === 4 && valueSize === 8 ? map.asBytes().get(new Uint8Array(keySize)) : undefined
  if (value === undefined) {
    const message = `${calledFirst(map)} (${mapType}) is not a counter of lost records: those are per-CPU arrays of __u64.`
    throw new EbpfError('ERR_EBPF_MAP', message, { map: map.name })
  }
  const counts = new BigUint64Array(value.slice().buffer)
  return Number(counts.reduce((sum, count) => sum + count, 0n))
}
