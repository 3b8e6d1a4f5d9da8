// The types that the kernel knows of a map, whoever made it: from the BTF that it was made with.

import { btf } from '../btf/door.ts'
import type { BtfTypes } from '../btf/engine.ts'
import type { RawMap } from './raw/raw-map.ts'
import { noTypes, type MapTypes } from './types.ts'

/** BTF by its id: one object brings many maps. Ids are not used again before 2^31 others. */
const parsed = new Map<number, BtfTypes>()

/** How many of them are kept. */
const keptTypes = 16

/** The types of an open map, looked up when they are first asked for. That needs `CAP_SYS_ADMIN`, where there is BTF. */
export function kernelTypes(raw: RawMap): MapTypes {
  let known: MapTypes | undefined
  return {
    get key() {
      return (known ??= lookUp(raw)).key
    },
    get value() {
      return (known ??= lookUp(raw)).value
    },
  }
}

function lookUp(raw: RawMap): MapTypes {
  const { btfId, btfKeyTypeId, btfValueTypeId } = raw.native.info()
  const types = btfId === 0 ? undefined : typesOf(raw, btfId)
  if (types === undefined) return noTypes
  return {
    key: btfKeyTypeId === 0 ? undefined : types.codecIfAny(btfKeyTypeId),
    value: btfValueTypeId === 0 ? undefined : types.codecIfAny(btfValueTypeId),
  }
}

function typesOf(raw: RawMap, id: number): BtfTypes | undefined {
  const known = parsed.get(id)
  if (known !== undefined) return known
  const bytes = raw.native.btf()
  if (bytes === null) return undefined
  const types = btf().parseBtf(bytes)
  parsed.set(id, types)
  const [oldest] = parsed.keys()
  if (parsed.size > keptTypes && oldest !== undefined) parsed.delete(oldest)
  return types
}
