// Where objects come from: bytes as they are given, or a file, which is read once and in one place.

import { checkBytes, checkPath, type BytesLike, type PathLike } from '../arguments.ts'
import { native } from '../native.ts'

/** The bytes of an object, and the file that they come from, for errors. */
export interface Source {
  readonly bytes: Uint8Array
  readonly path: string | Uint8Array | null
  /** Whether nobody else has the bytes, so that they stay as they are. */
  readonly isOurs: boolean
}

/** An object in memory. */
export function fromBytes(data: BytesLike): Source {
  return { bytes: checkBytes('data', data), path: null, isOurs: false }
}

/** An object in a file. */
export function fromFile(path: PathLike): Source {
  const checked = checkPath('path', path)
  return { bytes: native().readObject(checked), path: checked, isOurs: true }
}

/** An object in a file, which another thread reads. */
export async function fromFileAsync(path: PathLike): Promise<Source> {
  const checked = checkPath('path', path)
  return { bytes: await native().readObjectAsync(checked), path: checked, isOurs: true }
}
