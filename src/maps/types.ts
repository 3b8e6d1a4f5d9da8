// What is known about the types of a map's keys and values.

import type { Codec } from '../btf/codec.ts'

/** The types of a map. What is not there is read and written as bytes. */
export interface MapTypes {
  /** Of a key; not asked for before the first use, so that it may be made then. */
  readonly key?: Codec | undefined
  /** Of a value, of one CPU where the map is per CPU. */
  readonly value?: Codec | undefined
  /** Of the maps in a map of maps. */
  readonly inner?: MapTypes | undefined
  /** Of the records that programs write into a ring buffer or perf event array: those are no values. */
  readonly record?: Codec | undefined
  /** Types of the same object by their names in C, for what a map itself does not state: the records of a ring buffer. */
  readonly named?: ((name: string) => NamedType | undefined) | undefined
}

/** A type that was found by its name. */
export interface NamedType {
  readonly codec: Codec
  /** Where a member of a struct is, if it has one of this name: `header.kind` is one inside of another. In bytes. */
  member(path: string): { readonly offset: number; readonly size: number } | undefined
}

/** Nothing is known: bytes. */
export const noTypes: MapTypes = Object.freeze({})
