// Rust's wrappers around one value, which in memory are that value: `Global<u16>` of aya-ebpf is a `u16`.

import { sizeOf, typeOf, type TypeSource } from './resolve.ts'
import type { StructType } from './types.ts'

/** bpf-linker spells `<` as `_3C_`: kernels take no such character in a name. */
const wrapper =
  /^(?:(?:Global|MaybeUninit|ManuallyDrop|MaybeDangling|UnsafeCell|SyncUnsafeCell|Cell|Atomic)(?:<|_3C_)|Atomic(?:Bool|[IU](?:8|16|32|64|size))$)/

/** The id of the type of what such a wrapper holds; nothing for any other struct or union. */
export function wrapped(source: TypeSource, { name, size, members }: StructType): number | undefined {
  if (!wrapper.test(name)) return undefined
  const [held, ...others] = members.filter(({ type }) => !isUnit(source, type))
  if (held === undefined || others.length > 0 || held.bitOffset !== 0 || held.bits !== 0) return undefined
  return sizeOf(source, held.type) === size ? held.type : undefined
}

/** Whether this is `()`, of which there is nothing in memory. */
export function isUnit(source: TypeSource, id: number): boolean {
  const type = typeOf(source, id)
  return type.kind === 'int' && type.size === 0
}
