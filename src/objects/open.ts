// From bytes and options to an open object: what the two ways, on this thread and on another, have in common.

import { EbpfError, errorCodes } from '../errors.ts'
import { native, type Binding } from '../native.ts'
import { levelVariable } from '../logger/log-level.ts'
import { notFound } from '../programs/miss.ts'
import { Contents } from './contents.ts'
import { valuesIn, withValues, type InitialValue } from './initial-values.ts'
import type { LoadOptions } from './options.ts'
import type { Source } from './source.ts'
import type { ObjectTypes } from './types.ts'
import { noVariable } from './variables.ts'

/** An object that the addon has opened. */
export interface Opened {
  readonly object: Binding.Ebpf
  readonly contents: Contents
  /** Whether somebody has said what it consists of. */
  readonly typed: boolean
}

type VariableOptions = Pick<LoadOptions<ObjectTypes>, 'globals' | 'logLevel'>

/** Opens an object on this thread. */
export function open(
  source: Source,
  loader: Binding.EbpfLoader,
  options: LoadOptions<ObjectTypes> = {},
  values: readonly InitialValue[] = valuesIn(options.globals),
): Opened {
  const contents = examine(source, options)
  let object
  try {
    object = withValues(loader, contents, values).load(source.bytes, source.path)
  } catch (error) {
    throw explained(error, contents, options)
  }
  return { object, contents, typed: options.as !== undefined }
}

/** Opens an object on another thread, as soon as it has been read. */
export async function openAsync(
  source: Source | Promise<Source>,
  loader: Binding.EbpfLoader,
  options: LoadOptions<ObjectTypes> = {},
  values: readonly InitialValue[] = valuesIn(options.globals),
): Promise<Opened> {
  // Bytes in memory are copied before the caller goes on: no await for those.
  const read = source instanceof Promise ? await source : source
  const contents = examine(read, options)
  let object
  try {
    object = await withValues(loader, contents, values).loadAsync(read.bytes, read.path)
  } catch (error) {
    throw explained(error, contents, options)
  }
  return { object, contents, typed: options.as !== undefined }
}

/**
 * A variable that the object lacks, as the option that wants it has it. The addon has looked among all symbols; here are the
 * variables that people can use.
 */
function explained(error: unknown, contents: Contents, { globals, logLevel }: VariableOptions): unknown {
  if (!EbpfError.isEbpfError(error) || error.code !== 'ERR_EBPF_NOT_FOUND') return error
  const variables = readable(contents)
  if (variables === undefined) return error
  if (logLevel !== undefined && !variables.has(levelVariable)) return noLogging()
  const name = Object.keys(globals ?? {}).find((one) => !variables.has(one))
  return name === undefined ? error : noVariable(name, variables)
}

function readable(contents: Contents): Contents['variables'] | undefined {
  try {
    return contents.variables
  } catch {
    return undefined // Types that cannot be read: what the addon says is all that is known.
  }
}

function noLogging(): EbpfError {
  const message = `The option logLevel sets the variable ${levelVariable} of aya-log-ebpf, and the object has none: nothing in it logs. Leave the option out, or give the object that logs.`
  return new EbpfError('ERR_EBPF_NOT_FOUND', message)
}

/** What has to be right before anything is made. */
function examine(source: Source, options: LoadOptions<ObjectTypes>): Contents {
  const contents = new Contents(source.isOurs ? source.bytes : new Uint8Array(source.bytes))
  requireTypes(source, contents, options)
  requireNames(source, options)
  return contents
}

/** Types that were generated from another version of the object would read its maps wrongly. */
function requireTypes({ path }: Source, contents: Contents, { as }: LoadOptions<ObjectTypes>): void {
  if (as?.fingerprint === undefined || as.fingerprint === contents.fingerprint) return
  const name = path === null ? 'the object' : shown(path)
  const message = `The types in "options.as" are not those of ${name}: it has changed since they were generated (${contents.fingerprint} is its fingerprint, ${as.fingerprint} theirs). ${errorCodes.ERR_EBPF_TYPES_STALE.remedy}`
  throw new EbpfError('ERR_EBPF_TYPES_STALE', message, path === null ? {} : { path: name })
}

function shown(path: string | Uint8Array): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString()
}

/**
 * aya ignores settings for names that the object does not have. A misspelled one must not go unnoticed, and is looked for
 * before anything is made: a map that was pinned would stay.
 */
function requireNames({ bytes, path }: Source, options: LoadOptions<ObjectTypes>): void {
  const maps = Object.keys({ ...options.mapMaxEntries, ...options.mapPinPath, ...options.maps })
  const programs = options.extensions ?? []
  if (maps.length === 0 && programs.length === 0) return
  const names = native().objectNames(bytes, path)
  for (const name of maps) if (!names.maps.includes(name)) throw notFound('map', name, names.maps)
  for (const name of programs) if (!names.programs.includes(name)) throw notFound('program', name, names.programs)
}
