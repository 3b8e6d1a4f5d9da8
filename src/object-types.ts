// The types of an object's programs, maps and globals, for typed use.

import type { MapBase } from './maps/map-base.ts'
import type { Program } from './programs/program.ts'

/** What an object consists of. Names that are stated return exactly the stated class. */
export interface ObjectTypes {
  /** The class of each program: `{ egress_filter: CgroupSkb }`. */
  programs: object
  /** The class of each map: `{ traffic: MapBase }`. */
  maps: object
  /** The type of each global variable. */
  globals: object
}

/** An object of which nothing is known: every name is allowed, and may turn out to be `null`. */
export interface Untyped {
  programs: Readonly<Record<string, Program | null>>
  maps: Readonly<Record<string, MapBase | null>>
  globals: Readonly<Record<string, unknown>>
}

declare const types: unique symbol

/**
 * Carries {@link ObjectTypes} into a call: `Ebpf.loadFile(path, { as: Filter })`.
 *
 * @example
 * ```ts
 * interface Filter {
 *   programs: { egress_filter: CgroupSkb }
 *   maps: { traffic: MapBase }
 *   globals: {}
 * }
 * const Filter: ObjectType<Filter> = {}
 * ```
 */
export interface ObjectType<T extends ObjectTypes> {
  /** Never there: it holds the type only. */
  readonly [types]?: T
}
