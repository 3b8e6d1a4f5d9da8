// Options of reading and writing one element, and the flags of bpf(2) that they mean.

import { checkBoolean, checkObject, checkOptions, invalidArgValue } from '../arguments.ts'
import { elementFlags } from './raw/elements.ts'

/** How an element is read. */
export interface GetOptions {
  /** Holds the `bpf_spin_lock` of the value meanwhile (`BPF_F_LOCK`): its type must have one. Default: `false`. */
  readonly lock?: boolean | undefined
}

/** How an element is written: under one condition at most. */
export type SetOptions = GetOptions & (NewEntry | KnownEntry)

interface NewEntry {
  /** Fails with `EEXIST` when the key is there (`BPF_NOEXIST`). Default: `false`. */
  readonly noExist?: boolean | undefined
  readonly exist?: false | undefined
}

interface KnownEntry {
  readonly noExist?: false | undefined
  /** Fails with `ENOENT` when the key is not there (`BPF_EXIST`). Default: `false`. */
  readonly exist?: boolean | undefined
}

const getOptions = ['lock'] as const
const setOptions = ['noExist', 'exist', 'lock'] as const

/** @internal */
export function getFlags(options: GetOptions): number {
  return flagsOf(options, getOptions)
}

/** @internal */
export function setFlags(options: SetOptions): number {
  const flags = flagsOf(options, setOptions)
  if ((flags & elementFlags.noExist) !== 0 && (flags & elementFlags.exist) !== 0) {
    throw invalidArgValue('options.exist', 'cannot go with noExist: an entry is there or it is not', true)
  }
  return flags
}

function flagsOf<N extends keyof typeof elementFlags>(options: object, known: readonly N[]): number {
  checkOptions('options', checkObject('options', options), known)
  let flags = 0
  for (const name of known) {
    const value = (options as Readonly<Record<string, unknown>>)[name]
    if (value !== undefined && checkBoolean(`options.${name}`, value)) flags |= elementFlags[name]
  }
  return flags
}
