// The types of the records of ring buffers, which no map declares: `RING_RECORD` states them by a pointer that nobody uses.

import type { BtfTypes } from './btf-types.ts'
import type { ObjectGlobal } from './object.ts'

/** The id of the type that `RING_RECORD(ring, type)` states; `undefined` when the object does not say. */
export function ringRecordId(types: BtfTypes, ring: string): number | undefined {
  const name = `${ring}${ending}`
  const id = types.find(name, 'var')
  const variable = id === undefined ? undefined : types.type(id)
  return variable?.kind === 'var' ? statedRecordId(types, name, variable.type) : undefined
}

/** The id of the type that a variable states, when its name and type are those of a `RING_RECORD`. */
export function statedRecordId(types: BtfTypes, variable: string, typeId: number | undefined): number | undefined {
  if (typeId === undefined || !variable.endsWith(ending)) return undefined
  const { type } = types.resolve(typeId)
  if (type.kind !== 'ptr') return undefined
  const { kind } = types.resolve(type.type).type
  return kind === 'struct' || kind === 'union' ? type.type : undefined
}

/** Whether a global variable is such a pointer, which holds nothing: it is no variable for whoever uses the object. */
export function isRecordStatement(types: BtfTypes | undefined, { name, typeId }: ObjectGlobal): boolean {
  return types !== undefined && statedRecordId(types, name, typeId) !== undefined
}

/** As RING_RECORD of ayajs/ring.bpf.h names its pointers. */
const ending = '_record'
