// Types of ring buffers: bytes without more, what a codec says, and kinds as a discriminated union.
import { RingBuf, type Codec, type MapBase, type EventBatch, type TaggedRecord } from 'ayajs'
import { exactly, same } from './expect.ts'

declare const map: MapBase | null
declare const exec: Codec<{ readonly pid: number }>
declare const exit: Codec<{ readonly status: number }>

exactly<RingBuf<unknown>>()(RingBuf.tryFrom(map))
exactly<RingBuf<Uint8Array>>()(RingBuf.fromPin('/sys/fs/bpf/events'))
const ring = RingBuf.tryFrom<Uint8Array>(map)
for await (const record of ring) exactly<Uint8Array>()(record)
for await (const batch of ring.batches({ reuse: true, signal: AbortSignal.timeout(1) })) {
  exactly<EventBatch<Uint8Array>>()(batch)
  exactly<Uint8Array>()(batch.record(0))
}

const typed = ring.as(exec)
exactly<RingBuf<{ readonly pid: number }>>()(typed)
exactly<{ readonly pid: number }[]>()(typed.drain().decode())
exactly<RingBuf<{ readonly pid: number }>>()(RingBuf.tryFrom<{ readonly pid: number }>(map))

const kinds = ring.as({
  tag: { offset: 0, size: 4 },
  kinds: { exec: { tag: 1, type: exec }, exit: { tag: 2, type: exit }, other: { tag: 3, type: 'other_event' } },
})
for await (const record of kinds) {
  if (record.kind === 'exec') exactly<number>()(record.event.pid)
  else if (record.kind === 'exit') exactly<number>()(record.event.status)
  else exactly<unknown>()(record.event)
  // @ts-expect-error There is no such kind.
  if (record.kind === 'fork') break
}
same<
  TaggedRecord<{ exec: { tag: 1; type: typeof exec } }>,
  { readonly kind: 'exec'; readonly event: { readonly pid: number } }
>()

// The name of a struct says nothing to the compiler: its type is taken on trust.
exactly<RingBuf<unknown>>()(ring.as('exec_event'))
exactly<RingBuf<{ readonly pid: number }>>()(ring.as<{ readonly pid: number }>('exec_event'))

// @ts-expect-error A tag has 1, 2 or 4 bytes.
ring.as({ tag: { offset: 0, size: 8 }, kinds: { exec: { tag: 1, type: exec } } })
// @ts-expect-error Misspelled.
ring.batches({ maxrecords: 1 })
