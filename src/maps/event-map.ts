// `EventMap`: what maps have in common that programs write records into, for user space to wait for.

import { checkBoolean, checkInteger, checkObject, checkOptions, invalidArgType, notInstance } from '../arguments.ts'
import type { Codec } from '../btf/codec.ts'
import { batches, events, unlimited, type EventBatchesOptions, type EventsOptions } from '../events/iterators.ts'
import type { EventIterator } from '../events/iterators.ts'
import { lostRecords } from '../events/lost.ts'
import { taggedType, type RecordKinds, type RecordKindsByName, type TaggedRecord } from '../events/record-kinds.ts'
import { bytesType, checkCodec, codecType, type RecordType } from '../events/record-type.ts'
import { EventBatch } from '../events/event-batch.ts'
import { RingSource } from '../events/ring-source.ts'
import { MapBase } from './map-base.ts'
import type { RawMap } from './raw/raw-map.ts'
import type { MapTypes } from './types.ts'

/** What is known about a ring buffer, and what has been read from it in this process. */
export interface EventStats {
  /** Records that were read since the first use, or the last {@link EventMap.close}. */
  readonly consumed: number
  /** Their bytes, with headers of 8 bytes and filling. */
  readonly consumedBytes: number
  /** Records that programs had reserved, and discarded again; they are skipped. */
  readonly discarded: number
  /** Bytes that wait to be delivered, with headers and filling, and with records that are being written. */
  readonly pendingBytes: number
  /** The size of the ring in bytes. */
  readonly size: number
  /** How often somebody who waited for records has been woken up. */
  readonly wakeUps: number
  /**
   * Records that found no room: as the kernel counts them for a `PerfEventArray`; as programs do for a `RingBuf`, see
   * {@link RingBuf.countLostIn}.
   */
  readonly lost?: number
}

/**
 * A map that programs write records into, each of which is delivered once: `RingBuf` or `PerfEventArray`.
 *
 * The kernel's memory is the only queue: while nobody reads, records stay there, and when it is full programs cannot
 * write. There is one reader in a process at a time. What was drained and not delivered, because a loop was left, is
 * kept for the next one. A loop that waits keeps the process alive, a map that nobody waits for does not.
 */
export abstract class EventMap<T = unknown> extends MapBase implements AsyncIterable<T> {
  readonly #source: RingSource
  #type: RecordType<T> | undefined
  #lost: MapBase | undefined

  /** @internal */
  constructor(raw: RawMap, types: MapTypes, source: RingSource = new RingSource(raw.native, raw.name)) {
    super(raw, types)
    this.#source = source
  }

  /**
   * The same map with typed records: all of one type, or of several kinds that a tag tells apart. The mapping is stated
   * here once, and checked against every record. Both objects are one reader.
   *
   * @param type A codec, or the name of a struct of the object, whose type is taken on trust; or the kinds.
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`. @throws {RangeError} `ERR_OUT_OF_RANGE` for tags that cannot be.
   * @throws {EbpfError} `ERR_EBPF_NOT_FOUND` for a struct that the object does not have, `ERR_EBPF_BTF`.
   */
  as<U>(type: Codec<U>): EventMap<U>
  as<const K extends RecordKindsByName>(type: RecordKinds<K>): EventMap<TaggedRecord<K>>
  as<U = unknown>(type: string | RecordKinds): EventMap<U>
  as(type: Codec | RecordKinds | string): EventMap<unknown> {
    const isOne = typeof type === 'string' || 'decode' in checkObject('type', type)
    const made: RecordType<unknown> = isOne
      ? codecType(this.name, checkCodec('type', type, this.types))
      : taggedType(this.name, type as RecordKinds, this.types)
    const Class = this.constructor as new (raw: RawMap, types: MapTypes, source: RingSource) => EventMap<unknown>
    const other = new Class(this.raw, this.types, this.#source)
    other.#type = made
    other.#lost = this.#lost
    return other
  }

  /** {@link events}, for `for await`. */
  [Symbol.asyncIterator](): EventIterator<T> {
    return this.events()
  }

  /**
   * The records, one by one. The event loop gets a turn after every millisecond of them.
   *
   * `next()` rejects with `ERR_EBPF_RECORD` for a record that does not fit its type, with `ERR_EBPF_BUSY` while there is
   * another reader in this process, with `ERR_EBPF_CLOSED` when the map was closed before the first call. Closing it
   * later ends the iteration.
   */
  events(options: EventsOptions = {}): EventIterator<T> {
    return events(this.#source, this.#recordType(), checkEventsOptions(options, ['signal']))
  }

  /**
   * The records in batches: what has come since the last one. `next()` rejects as that of {@link events}.
   */
  batches(options: EventBatchesOptions = {}): EventIterator<EventBatch<T>> {
    checkEventsOptions(options, ['signal', 'maxRecords', 'reuse'])
    if (options.maxRecords !== undefined) checkInteger('options.maxRecords', options.maxRecords, 1, unlimited)
    if (options.reuse !== undefined) checkBoolean('options.reuse', options.reuse)
    return batches(this.#source, this.#recordType(), options)
  }

  /**
   * What is there now, in one batch: all of it, or `maxRecords`. Does not wait.
   *
   * @throws {EbpfError} `ERR_EBPF_BUSY` while a loop reads, or somebody else in this process; `ERR_EBPF_MAP` when
   *   another process reads from the same ring; `ERR_EBPF_CLOSED`.
   */
  drain(options: { readonly maxRecords?: number | undefined } = {}): EventBatch<T> {
    checkOptions('options', checkObject('options', options), ['maxRecords'])
    const limit = checkInteger('options.maxRecords', options.maxRecords ?? unlimited, 1, unlimited)
    this.#source.checkFree()
    return new EventBatch(this.name, this.#recordType()).refill(this.#source.reader().takeAll(limit))
  }

  /**
   * What is known about the ring, and what has been read. This is a use of the ring: see {@link drain} for what it throws.
   */
  stats(): EventStats {
    const reader = this.#source.reader()
    const { records, bytes, discarded, size, lost: lostOfKernel } = reader.stats()
    const stats = { consumed: records, consumedBytes: bytes, discarded, pendingBytes: reader.pendingBytes, size }
    const lost = this.#lost === undefined ? this.lostOf(lostOfKernel) : lostRecords(this.#lost)
    return { ...stats, wakeUps: this.#source.wakeUps, ...(lost !== undefined && { lost }) }
  }

  /** @internal */
  protected openReader(pagesPerCpu: number): void {
    this.#source.reader(pagesPerCpu)
  }

  /** What the kernel counts as lost, if it does. @internal */
  protected abstract lostOf(count: number): number | undefined

  /** @internal */
  protected countLost(map: MapBase): void {
    if (!(map instanceof MapBase)) throw notInstance('map', 'MapBase', map)
    lostRecords(map)
    this.#lost = map
  }

  /** Has a loop that waits keep the process alive, which is how it begins. */
  ref(): this {
    this.#source.keepsAlive = true
    return this
  }

  /** Lets the process end though a loop waits. */
  unref(): this {
    this.#source.keepsAlive = false
    return this
  }

  /**
   * Ends the loop that reads, if there is one, and the reader; what was drained and not delivered is gone. The map
   * itself is closed if it was taken; one that its object owns can be read again. Twice does nothing.
   */
  override close(): void {
    this.#source.close()
    super.close()
  }

  /** That of {@link as}, else the one that the object states; bytes without. */
  #recordType(): RecordType<T> {
    if (this.#type !== undefined) return this.#type
    const { record } = this.types
    this.#type = (record === undefined ? bytesType : codecType(this.name, record)) as RecordType<T>
    return this.#type
  }
}

function checkEventsOptions(options: EventsOptions, known: readonly string[]): EventsOptions {
  checkOptions('options', checkObject('options', options), known)
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgType('options.signal', 'an instance of AbortSignal', signal)
  }
  return options
}
