// Files that commands read and write; what fails names the file.

import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { EbpfError } from '../index.ts'
import { fileError, isSystemError } from './file-error.ts'

/** An object file's bytes. @throws {EbpfError} `ERR_EBPF_FILE` */
export function readObjectFile(path: string): Uint8Array {
  return attempt('read', path, () => readAtMost(path, maxBytes))
}

/** As much as `Ebpf.loadFile` reads. */
const maxBytes = 2 ** 30

/** Reads to the end, which some devices do not have. */
function readAtMost(path: string, limit: number): Uint8Array {
  const fd = openSync(path, 'r')
  try {
    const chunks: Uint8Array[] = []
    for (let size = 0; size <= limit; size += chunks.at(-1)?.length ?? 0) {
      const chunk = new Uint8Array(2 ** 20)
      const count = readSync(fd, chunk)
      if (count === 0) return Buffer.concat(chunks)
      chunks.push(chunk.subarray(0, count))
    }
  } finally {
    closeSync(fd)
  }
  throw new EbpfError('ERR_EBPF_FILE', `Cannot read ${path}: it is larger than 1 GiB.`, { path })
}

/** The text of a file, `undefined` when there is none. @throws {EbpfError} `ERR_EBPF_FILE` */
export function readTextFile(path: string): string | undefined {
  return attempt('read', path, () => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}

/**
 * Writes a file so that others see the old text or the new one, nothing between. One that holds the text already is not
 * touched, and one that holds something else than `mayReplace` accepts is refused.
 *
 * @throws {EbpfError} `ERR_EBPF_FILE`
 */
export function replaceFile(path: string, text: string, mayReplace: (old: string) => boolean): void {
  const old = readTextFile(path)
  if (old === text) return
  if (old !== undefined && !mayReplace(old)) {
    const advice = 'Delete it, or choose another name with -o.'
    throw new EbpfError('ERR_EBPF_FILE', `${path} is there, and it was not generated: it is left alone. ${advice}`, {
      path,
    })
  }
  attempt('write', path, () => replace(old === undefined ? path : realpathSync(path), text, old !== undefined))
}

function replace(path: string, text: string, isThere: boolean): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: isThere ? statSync(path).mode & 0o777 : 0o666 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function attempt<T>(what: 'read' | 'write', path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw fileError(`Cannot ${what} ${path}`, error, path)
  }
}

function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT'
}
