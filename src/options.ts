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
  type PathLike,
} from './arguments.ts'
import { nativeBtf, type Btf } from './kernel-btf.ts'
import { native, type Binding } from './native.ts'
import type { ObjectType, ObjectTypes, Untyped } from './object-types.ts'

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
  readonly as?: ObjectType<T>
  /** Relocates against this BTF instead of the running kernel's; `null` turns relocation off. */
  readonly btf?: Btf | null
  /** Opens objects with maps of types that aya does not know; such maps can be read as bytes. Default: `false`. */
  readonly allowUnsupportedMaps?: boolean
  /** Where maps that the object pins by name live. Default: `/sys/fs/bpf`. The directory must exist. */
  readonly defaultMapPinDirectory?: PathLike
  /** Initial values of global variables by name, as bytes in this machine's byte order. Each must exist. */
  readonly globals?: Readonly<Record<string, Uint8Array>>
  /** How many entries maps have room for, by name. Each must exist. */
  readonly mapMaxEntries?: Readonly<Record<string, number>>
  /** Uses the map that is pinned at this path, or pins the new one there, by name. Each must exist. */
  readonly mapPinPath?: Readonly<Record<string, PathLike>>
  /** Programs to treat as extensions (`freplace`), whatever their section says. */
  readonly extensions?: readonly string[]
  /** What the verifier logs when it refuses a program, see {@link VerifierLogLevel}. Default: 5. */
  readonly verifierLogLevel?: number
}

const known: readonly (keyof LoadOptions)[] = [
  'as',
  'btf',
  'allowUnsupportedMaps',
  'defaultMapPinDirectory',
  'globals',
  'mapMaxEntries',
  'mapPinPath',
  'extensions',
  'verifierLogLevel',
]

/** A loader of the addon with these options. */
export function configure(options: LoadOptions<ObjectTypes>): Binding.EbpfLoader {
  checkOptions('options', checkObject('options', options), known)
  if (options.as !== undefined) checkObject('options.as', options.as)
  const loader = new (native().EbpfLoader)()
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) setters[name as keyof LoadOptions]?.(loader, value)
  }
  return loader
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
    for (const [name, bytes] of named('options.globals', value)) {
      loader.overrideGlobal(name, checkBytes(`options.globals.${name}`, bytes), true)
    }
  },
  mapMaxEntries: (loader, value) => {
    for (const [name, count] of named('options.mapMaxEntries', value)) {
      loader.mapMaxEntries(name, checkInteger(`options.mapMaxEntries.${name}`, count, 0, 2 ** 32 - 1))
    }
  },
  mapPinPath: (loader, value) => {
    for (const [name, path] of named('options.mapPinPath', value)) {
      loader.mapPinPath(name, checkPath(`options.mapPinPath.${name}`, path))
    }
  },
  extensions: (loader, value) => {
    if (!Array.isArray(value)) throw invalidArgType('options.extensions', 'an instance of Array', value)
    for (const name of value) loader.extension(checkName('options.extensions', name))
  },
  verifierLogLevel: (loader, value) => loader.verifierLogLevel(checkLogLevel('options.verifierLogLevel', value)),
}

/** @internal */
export function checkLogLevel(name: string, value: unknown): number {
  return checkInteger(name, value, 0, VerifierLogLevel.Verbose + VerifierLogLevel.Stats)
}

function named(option: string, value: unknown): [string, unknown][] {
  return Object.entries(checkObject(option, value)).map(([name, one]) => [checkName(option, name), one])
}
