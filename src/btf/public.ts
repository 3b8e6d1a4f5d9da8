// Objects as files: what is in them, and their types. No kernel, no privileges, any platform.

import {
  checkBytes,
  checkName,
  checkObject,
  checkOneOf,
  checkOptions,
  invalidArgValue,
  type BytesLike,
} from '../arguments.ts'
import type { ObjectDescription } from './writer/description.ts'
import type * as Writer from './writer/engine.ts'

export type {
  GlobalDescription,
  MapDescription,
  ObjectDescription,
  ProgramDescription,
  TypeDescription,
} from './writer/description.ts'

/** How {@link writeTypes} writes. */
export interface WriteTypesOptions {
  /** The name of the object's file, `filter.bpf.o`: the first line of what is written tells it. A path before it is left out. */
  readonly file: string
  /** What the interface and the constant are called. Default: the file's name, so that `filter.bpf.o` is `Filter`. */
  readonly name?: string | undefined
  /**
   * `typescript` is one erasable file. `esm` and `commonjs` are JavaScript, which goes with `declarations` in a `.d.ts`.
   * Default: `typescript`.
   */
  readonly format?: TypesFormat | undefined
}

/** What {@link writeTypes} can write. */
export type TypesFormat = 'typescript' | 'esm' | 'commonjs' | 'declarations'

/**
 * Says what an object consists of: programs, maps, global variables.
 *
 * @throws {EbpfError} `ERR_EBPF_PARSE`; `ERR_EBPF_BTF` where the type information is malformed.
 */
export function describeObject(data: BytesLike): ObjectDescription {
  return writer().describe(checkBytes('data', data))
}

/**
 * Writes the types of an object's programs, maps and global variables, for `Ebpf.load(data, { as: Filter })`: what
 * `ayajs types` does. The text depends on nothing but the arguments, and is formatted.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE` where `name` cannot be the name of a type, or hides one that is needed.
 * @throws {EbpfError} `ERR_EBPF_PARSE`; `ERR_EBPF_BTF` where the type information is missing or malformed.
 */
export function writeTypes(data: BytesLike, options: WriteTypesOptions): string {
  const bytes = checkBytes('data', data)
  checkOptions('options', checkObject('options', options), ['file', 'name', 'format'])
  const file = checkName('options.file', options.file)
  const format = checkOneOf('options.format', options.format ?? 'typescript', formats)
  const { name } = options
  if (name !== undefined && !writer().isPossibleName(checkName('options.name', name))) {
    throw invalidArgValue(
      'options.name',
      'must be a name that a type can have and that none of ayajs or JavaScript has',
      name,
    )
  }
  return writer().write(bytes, file, name, format)
}

const formats: readonly TypesFormat[] = ['typescript', 'esm', 'commonjs', 'declarations']

/** Loaded on first use, so that loading the package stays cheap. */
function writer(): typeof Writer {
  loaded ??= require('#type-writer') as typeof Writer
  return loaded
}

let loaded: typeof Writer | undefined
