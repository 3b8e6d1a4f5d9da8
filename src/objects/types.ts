// The types of an object's programs, maps and globals, for typed use.

import type { PathLike } from '../arguments.ts'
import type { MapBase } from '../maps/map-base.ts'
import type { AnyMapOfClass } from '../maps/table.ts'
import type { Program } from '../programs/program.ts'

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
  globals: Record<string, unknown>
}

/**
 * Global variables as {@link Ebpf.globals} has them: what is made of several values is read as a whole, and written as a
 * whole.
 */
export type Globals<G> = { [N in keyof G]: Whole<G[N]> }

/** Initial values of global variables. */
export type InitialValues<G> = { readonly [N in keyof G]?: Whole<G[N]> | Uint8Array }

/** Numbers of entries by the names of maps. Sections of global variables have one entry, and are not named. */
export type MapSizes<M> = string extends keyof M
  ? Readonly<Record<string, number>>
  : { readonly [N in keyof M]?: number }

/** Paths by the names of maps, sections of global variables (`.data`) among them. */
export type PinPaths<M> = string extends keyof M
  ? Readonly<Record<string, PathLike>>
  : { readonly [N in keyof M | Section]?: PathLike }

/** Maps by the names of those that they stand for: of the same class, whatever is known of their keys and values. */
export type GivenMaps<M> = string extends keyof M
  ? Readonly<Record<string, MapBase>>
  : { readonly [N in keyof M]?: AnyMapOfClass<M[N]> } & { readonly [N in Section]?: MapBase }

/** How a section of global variables is called. */
type Section = `.${string}`

type Whole<T> = T extends Uint8Array ? T : T extends object ? { readonly [N in keyof T]: Whole<T[N]> } : T

declare const types: unique symbol

/**
 * Carries {@link ObjectTypes} into a call: `Ebpf.loadFile(path, { as: Filter })`. `ayajs types` generates them from an
 * object; they can be written by hand as well.
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
  /**
   * Stands for the version of the object that the types were generated from: any other one is refused. Types that are
   * written by hand go without.
   */
  readonly fingerprint?: string
  /** Never there: it holds the type only. */
  readonly [types]?: T
}
