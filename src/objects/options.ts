// Options of loading an object: checked, then given to the addon's loader.

import {
  checkBoolean,
  checkBytes,
  checkInteger,
  checkName,
  checkObject,
  checkOptions,
  checkPath,
  invalidArgType,
  invalidArgValue,
  type PathLike,
} from '../arguments.ts'
import { nativeBtf, type Btf } from '../kernel-btf.ts'
import { checkLevel, levelVariable, numberOf, type LogLevelFilter } from '../logger/log-level.ts'
import { nativeMap } from '../maps/map-base.ts'
import { native, type Binding } from '../native.ts'
import { isBytes } from './initial-values.ts'
import type { GivenMaps, InitialValues, MapSizes, ObjectType, ObjectTypes, PinPaths, Untyped } from './types.ts'

/** What the verifier logs when it refuses a program: aya's `VerifierLogLevel`. Values can be added up. */
export const VerifierLogLevel = Object.freeze({
  /** Nothing: a refusal then has no reason, and its error number is `EINVAL` whatever that was (aya 0.14). */
  Disable: 0,
  /** The instructions on the way to the reason. */
  Debug: 1,
  /** Every instruction with the state of all registers. */
  Verbose: 3,
  /** How much was verified. */
  Stats: 4,
} as const)

/** How an object is loaded: the options of aya's `EbpfLoader`. */
export interface LoadOptions<T extends ObjectTypes = Untyped> {
  /** The types of the object. Names that it does not have then throw `ERR_EBPF_NOT_FOUND` instead of being `null`. */
  readonly as?: ObjectType<T> | undefined
  /** Relocates against this BTF instead of the running kernel's; `null` turns relocation off. */
  readonly btf?: Btf | null | undefined
  /** Opens objects with maps of types that aya does not know; such maps can be read as bytes. Default: `false`. */
  readonly allowUnsupportedMaps?: boolean | undefined
  /** Where maps that the object pins by name live. Default: `/sys/fs/bpf`. The directory must exist. */
  readonly defaultMapPinDirectory?: PathLike | undefined
  /**
   * Initial values of global variables by name: in the types of the object's BTF, or as many bytes as the variable has, in
   * this machine's byte order. Each must exist.
   */
  readonly globals?: InitialValues<T['globals']> | undefined
  /**
   * Up to which level the programs log, where they do so with `aya-log-ebpf`: sets their variable `AYA_LOG_LEVEL`, and the verifier
   * removes all lines above. Default: all that were compiled in. See {@link EbpfLogger}.
   */
  readonly logLevel?: LogLevelFilter | undefined
  /** How many entries maps have room for, by name. Each must exist. */
  readonly mapMaxEntries?: MapSizes<T['maps']> | undefined
  /** Uses the map that is pinned at this path, or pins the new one there, by name. Each must exist. */
  readonly mapPinPath?: PinPaths<T['maps']> | undefined
  /**
   * Maps of other objects, or of anybody, to use for those of this object, by name. Type, sizes, number of entries and
   * flags must be the same. The object has a descriptor of its own: either may be closed without the other.
   */
  readonly maps?: GivenMaps<T['maps']> | undefined
  /** Programs to treat as extensions (`freplace`), whatever their section says. */
  readonly extensions?: readonly string[] | undefined
  /** What the verifier logs when it refuses a program, see {@link VerifierLogLevel}. Default: 5. */
  readonly verifierLogLevel?: number | undefined
}

const known: readonly (keyof LoadOptions)[] = [
  'as',
  'btf',
  'allowUnsupportedMaps',
  'defaultMapPinDirectory',
  'globals',
  'logLevel',
  'mapMaxEntries',
  'mapPinPath',
  'maps',
  'extensions',
  'verifierLogLevel',
]

/** A loader of the addon with these options. It may have been given out before: nothing more is to be set on it. */
export function configure(options: LoadOptions<ObjectTypes>): Binding.EbpfLoader {
  checkOptions('options', checkObject('options', options), known)
  checkTypes(options.as)
  checkCombination(options)
  const settings = Object.entries(options).filter(([name, value]) => value !== undefined && name in setters)
  if (settings.length === 0) return (plain ??= newLoader())
  const loader = newLoader()
  for (const [name, value] of settings) setters[name as keyof LoadOptions]?.(loader, value)
  return loader
}

/** Without options, and shared: nothing is ever set on it. */
let plain: Binding.EbpfLoader | undefined

/** A loader of the addon for whoever sets its options. */
export function newLoader(): Binding.EbpfLoader {
  return new (native().EbpfLoader)()
}

function checkTypes(as: unknown): void {
  if (as === undefined) return
  const { fingerprint } = checkObject('options.as', as) as { fingerprint?: unknown }
  if (fingerprint !== undefined) checkName('options.as.fingerprint', fingerprint)
}

/** A map is of somebody else, or pinned; a variable has one value. */
function checkCombination({ globals, logLevel, maps, mapPinPath }: LoadOptions<ObjectTypes>): void {
  if (logLevel !== undefined && Object.hasOwn(Object(globals), levelVariable)) {
    throw invalidArgValue('options.logLevel', `must not be there together with globals.${levelVariable}`, logLevel)
  }
  const pinned = Object.keys(mapPinPath ?? {})
  const both = Object.entries(maps ?? {}).find(([name]) => pinned.includes(name))
  if (both !== undefined) throw invalidArgValue(`options.maps.${both[0]}`, 'must not be in mapPinPath too', both[1])
}

/** What each option does to a loader. */
const setters: Readonly<Partial<Record<keyof LoadOptions, (loader: Binding.EbpfLoader, value: unknown) => void>>> = {
  btf: (loader, value) => loader.btf(value === null ? null : nativeBtf('options.btf', value)),
  allowUnsupportedMaps: (loader, value) => {
    if (checkBoolean('options.allowUnsupportedMaps', value)) loader.allowUnsupportedMaps()
  },
  defaultMapPinDirectory: (loader, value) => {
    loader.defaultMapPinDirectory(checkPath('options.defaultMapPinDirectory', value))
  },
  globals: (loader, value) => {
    for (const [name, one] of named('options.globals', value)) {
      // What is not bytes waits for the object's types.
      if (isBytes(one)) loader.overrideGlobal(name, checkBytes(`options.globals.${name}`, one), true)
    }
  },
  logLevel: (loader, value) => {
    loader.overrideGlobal(levelVariable, Uint8Array.of(numberOf(checkLevel('options.logLevel', value))), true)
  },
  mapMaxEntries: (loader, value) => {
    for (const [name, count] of named('options.mapMaxEntries', value)) {
      checkSizable('options.mapMaxEntries', name)
      loader.mapMaxEntries(name, checkInteger(`options.mapMaxEntries.${name}`, count, 0, 2 ** 32 - 1))
    }
  },
  mapPinPath: (loader, value) => {
    for (const [name, path] of named('options.mapPinPath', value)) {
      loader.mapPinPath(name, checkPath(`options.mapPinPath.${name}`, path))
    }
  },
  maps: (loader, value) => {
    for (const [name, map] of named('options.maps', value)) {
      loader.useMap(name, nativeMap(`options.maps.${name}`, map))
    }
  },
  extensions: (loader, value) => {
    if (!Array.isArray(value)) throw invalidArgType('options.extensions', 'an instance of Array', value)
    for (const name of value) loader.extension(checkName('options.extensions', name))
  },
  verifierLogLevel: (loader, value) => loader.verifierLogLevel(checkLogLevel('options.verifierLogLevel', value)),
}

/** Refuses sections of global variables: one with more entries is no memory that can be shared. @internal */
export function checkSizable(option: string, name: string): void {
  if (!/^\.(bss|data|rodata)/.test(name)) return
  throw invalidArgValue(
    option,
    'must name maps: a section of global variables has one entry, which holds them all',
    name,
  )
}

/** @internal */
export function checkLogLevel(name: string, value: unknown): number {
  return checkInteger(name, value, 0, VerifierLogLevel.Verbose + VerifierLogLevel.Stats)
}

function named(option: string, value: unknown): [string, unknown][] {
  return Object.entries(checkObject(option, value)).map(([name, one]) => [checkName(option, name), one])
}
