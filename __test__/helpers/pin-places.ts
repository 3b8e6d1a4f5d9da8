// Where nothing can be pinned, and what is said there; and pins of things that are neither link nor program of a test.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bpftool } from './bpftool.ts'

export interface Place {
  readonly title: string
  /** A path where nothing can be pinned; `pins` is a directory for pins. */
  readonly path: (pins: string) => string
  /** How the message ends. */
  readonly end: string
  readonly errnoName: string
}

const remedy =
  'Pin below a mounted bpf file system (mount -t bpf bpf /sys/fs/bpf), in a directory that exists, at a free name.'

const rows: readonly [title: string, path: Place['path'], error: string, errnoName: string][] = [
  ['a name that is taken', (pins) => pinMap(`${pins}/taken`), 'File exists', 'EEXIST'],
  ['a directory that is not there', (pins) => `${pins}/no/pin`, 'No such file or directory', 'ENOENT'],
  ['another file system', () => join(tmpdir(), `ayajs-test-${process.pid}`), 'Operation not permitted', 'EPERM'],
  ['a name with a dot', (pins) => `${pins}/a.b`, 'Operation not permitted', 'EPERM'],
  ['a name of 256 bytes', (pins) => `${pins}/${'x'.repeat(256)}`, 'File name too long', 'ENAMETOOLONG'],
]

export const placesWhereNothingCanBe: readonly Place[] = rows.map(([title, path, error, errnoName]) => {
  const why = title === 'a name with a dot' ? '; a bpf file system takes no names with a dot' : ''
  return { title, path, end: `${error} (${errnoName})${why}. ${remedy}`, errnoName }
})

/** Whether an error says this, whichever C library has the words for its number. */
export function says(expected: string): (message: string) => boolean {
  return (message) => message.replace('Filename too long', 'File name too long') === expected
}

/** What is no path of a pin, with the code of the error. */
export const noPaths: readonly [path: unknown, code: string][] = [
  [undefined, 'ERR_INVALID_ARG_TYPE'],
  [7, 'ERR_INVALID_ARG_TYPE'],
  ['', 'ERR_INVALID_ARG_VALUE'],
  ['/sys/fs/bpf/a\0b', 'ERR_INVALID_ARG_VALUE'],
  [new URL('http://a/b'), 'ERR_INVALID_URL_SCHEME'],
]

/** Has bpftool pin a map of its own, and gives the path. */
export function pinMap(path: string): string {
  bpftool('map', 'create', path, 'type', 'array', 'key', '4', 'value', '4', 'entries', '1', 'name', 'ayajs_test')
  return path
}
