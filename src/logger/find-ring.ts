// The ring buffer that programs log into: that of an open object, or of a program that somebody has loaded.

import { checkInteger, notInstance } from '../arguments.ts'
import { EbpfError } from '../errors.ts'
import { loadedMaps, loadedPrograms } from '../kernel-objects.ts'
import { RingBuf } from '../maps/ring-buf.ts'
import { Ebpf } from '../objects/ebpf.ts'
import { levelVariable, logLevels, numberOf, type LogLevelFilter } from './log-level.ts'

/** aya-log's `MAP_NAME`. */
const mapName = 'AYA_LOGS'

/** The ring of an object, by a descriptor of its own: the object may be closed before. */
export function ringOfObject(bpf: unknown): RingBuf<Uint8Array> {
  if (!(bpf instanceof Ebpf)) throw notInstance('bpf', 'Ebpf', bpf)
  const map = bpf.hasMap(mapName) ? (bpf as Ebpf).map(mapName) : null
  if (map === null) throw noRing('The object')
  checkType(map.mapType)
  return RingBuf.fromFd(map.fd())
}

/** The ring of a program. */
export function ringOfProgram(programId: unknown): RingBuf<Uint8Array> {
  const id = checkInteger('programId', programId as number, 1, 2 ** 32 - 1)
  const program = loadedPrograms().find((one) => one.id === id)
  if (program === undefined) {
    throw new EbpfError('ERR_EBPF_NOT_FOUND', `There is no program of id ${id}: it may have ended.`)
  }
  const map = loadedMaps().find((one) => one.name === mapName && program.mapIds.includes(one.id))
  if (map === undefined) throw noRing(`The program "${program.name}" of id ${id}`)
  checkType(map.mapType)
  return RingBuf.fromId(map.id)
}

/**
 * Refuses a level that the programs do not write: it was set when the object was opened, and nobody can change it any more.
 *
 * @throws {EbpfError} `ERR_EBPF_READONLY`.
 */
export function checkAttainable(bpf: Ebpf, level: LogLevelFilter): void {
  const value: unknown = bpf.globals[levelVariable]
  const most = value instanceof Uint8Array ? value[0] : value
  if (typeof most !== 'number' || most >= numberOf(level)) return
  const written = most === 0 ? 'nothing' : `up to "${logLevels[most - 1]}"`
  const message =
    `The programs log ${written}, not up to "${level}": ${levelVariable} is in .rodata and cannot change any more. ` +
    `Set it when the object is opened: Ebpf.load(data, { logLevel: '${level}' }).`
  throw new EbpfError('ERR_EBPF_READONLY', message)
}

function checkType(actual: string): void {
  if (actual === 'RingBuf') return
  const message = `${mapName} is a ${actual}, not a RingBuf: the program was built with aya-log-ebpf older than 0.2. Build it with 0.2.`
  throw new EbpfError('ERR_EBPF_UNEXPECTED_MAP_TYPE', message, { map: mapName, expected: 'RingBuf', actual })
}

function noRing(who: string): EbpfError {
  const message =
    `${who} has no map ${mapName}: nothing in it logs with aya-log-ebpf, or not at the level that it was compiled for. ` +
    'Give the object that logs, or go without a logger.'
  return new EbpfError('ERR_EBPF_NOT_FOUND', message, { map: mapName })
}
