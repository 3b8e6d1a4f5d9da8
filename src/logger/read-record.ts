// From the bytes of a record to a log line. Programs write them, and anybody can have written the program: nothing is trusted.
// https://github.com/aya-rs/aya/blob/aya-log-v0.3.0/aya-log/src/lib.rs, `log_buf`

import { EbpfError } from '../errors.ts'
import { isLittleEndian } from '../maps/byte-order.ts'
import { argumentKinds, displayHints, hintKind, textKind, type ArgumentKind, type DisplayHint } from './arguments.ts'
import { levelOf, numberOf, type LogLevel } from './log-level.ts'
import type { LogArgument, LogRecord } from './log-record.ts'

/** The record, or an error record; nothing for one of a level above the number `most`. */
export function readRecord(bytes: Uint8Array, most: number): LogRecord | undefined {
  let header: Header | undefined
  try {
    const fields = new Fields(bytes)
    header = readHeader(fields)
    if (numberOf(header.level) > most) return undefined
    const { level, target, module, file, line, argumentCount } = header
    const { message, args } = readArguments(fields, argumentCount)
    return { level, target, module, file, line, message, args }
  } catch (error) {
    if (error instanceof Malformed) return errorRecord(malformed(error.message, bytes), header)
    throw error
  }
}

/** A record that tells of an error. */
export function errorRecord(error: EbpfError, header?: Header): LogRecord {
  const { target = 'ayajs', module = '', file = '', line = 0 } = header ?? {}
  return { level: 'error', target, module, file, line, message: error.message, args: [], error }
}

interface Header {
  readonly level: LogLevel
  readonly target: string
  readonly module: string
  readonly file: string
  readonly line: number
  readonly argumentCount: number
}

/** Why a record cannot be read. */
class Malformed extends Error {}

function malformed(reason: string, bytes: Uint8Array): EbpfError {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 32)).toString('hex')
  const message = `A log record of ${bytes.length} bytes cannot be read: ${reason}. It begins with ${start || 'nothing'}.`
  return new EbpfError('ERR_EBPF_RECORD', message, { map: 'AYA_LOGS' })
}

/** One field after the other: a kind, a length, and that many bytes. */
class Fields {
  readonly #bytes: Buffer
  readonly #end: number
  #next = 2
  #start = 0
  kind = 0
  /** Of the value, in bytes. */
  length = 0

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    const bytes = Buffer.from(buffer, byteOffset, length)
    if (length < 2) throw new Malformed('it has no size')
    const size = isLittleEndian ? bytes.readUInt16LE(0) : bytes.readUInt16BE(0)
    if (size < 2 || size > length) throw new Malformed(`it states a size of ${size} bytes`)
    this.#bytes = bytes
    // What is behind is left over from older records.
    this.#end = size
  }

  next(what: string): void {
    const [bytes, at] = [this.#bytes, this.#next]
    const start = at + 3
    if (start > this.#end) throw new Malformed(`it ends before ${what}`)
    const length = isLittleEndian ? bytes.readUInt16LE(at + 1) : bytes.readUInt16BE(at + 1)
    if (start + length > this.#end) throw new Malformed(`it ends within ${what}, of ${length} bytes`)
    this.kind = bytes[at] as number
    this.length = length
    this.#start = start
    this.#next = start + length
  }

  value(): Uint8Array {
    const { buffer, byteOffset } = this.#bytes
    return new Uint8Array(buffer, byteOffset + this.#start, this.length)
  }

  /** The value, a number of so many bytes. */
  number(what: string, size: 1 | 4): number {
    if (this.length !== size) throw new Malformed(`${what} has ${this.length} bytes, not ${size}`)
    if (size === 1) return this.#bytes[this.#start] as number
    return isLittleEndian ? this.#bytes.readUInt32LE(this.#start) : this.#bytes.readUInt32BE(this.#start)
  }

  text(what: string): string {
    const [bytes, start, end] = [this.#bytes, this.#start, this.#next]
    let at = start
    while (at < end && (bytes[at] as number) < 0x80) at++
    // Nearly all text is ASCII, for which there is a far faster way.
    if (at === end) return bytes.toString('latin1', start, end)
    try {
      return utf8.decode(bytes.subarray(start, end))
    } catch {
      throw new Malformed(`${what} is not UTF-8`)
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const headerFields = ['target', 'level', 'module', 'file', 'line', 'argumentCount'] as const

/** Six fields, in whatever order, each once. */
function readHeader(fields: Fields): Header {
  const header: Draft = { level: undefined, target: '', module: '', file: '', line: 0, argumentCount: 0 }
  let seen = 0
  for (const _ of headerFields) {
    fields.next('the end of its header')
    const name = headerFields[fields.kind]
    if (name === undefined) throw new Malformed(`its header has a field of the kind ${fields.kind}`)
    if ((seen & (1 << fields.kind)) !== 0) throw new Malformed(`its header has two fields for its ${name}`)
    seen |= 1 << fields.kind
    readHeaderField(fields, name, header)
  }
  return header as Header
}

type Draft = { -readonly [K in keyof Header]: K extends 'level' ? LogLevel | undefined : Header[K] }

function readHeaderField(fields: Fields, name: keyof Header, header: Draft): void {
  if (name === 'line' || name === 'argumentCount') header[name] = fields.number(described[name], 4)
  else if (name !== 'level') header[name] = fields.text(described[name])
  else {
    const number = fields.number(described.level, 1)
    header.level = levelOf(number)
    if (header.level === undefined) throw new Malformed(`its level is ${number}`)
  }
}

const described: Readonly<Record<keyof Header, string>> = {
  level: 'its level',
  target: 'its target',
  module: 'its module',
  file: 'its file',
  line: 'its line',
  argumentCount: 'its argumentCount',
}

function readArguments(fields: Fields, count: number): { message: string; args: LogArgument[] } {
  const args: LogArgument[] = []
  let message = ''
  let hint: DisplayHint = 'none'
  let isHinted = false
  for (let number = 1; number <= count; number++) {
    const what = `argument ${number} of ${count}`
    fields.next(what)
    if (fields.kind === hintKind) {
      hint = readHint(fields, what)
      isHinted = true
      continue
    }
    if (fields.kind === textKind) {
      // Text between arguments is an argument as well, but has no hint. As in aya-log, it leaves the hint to the next one.
      const text = fields.text(what)
      message += text
      if (isHinted) args.push(text)
    } else {
      const { value, text } = readArgument(fields, hint, what)
      message += text
      args.push(value)
      hint = 'none'
    }
    isHinted = false
  }
  return { message, args }
}

function readHint(fields: Fields, what: string): DisplayHint {
  const number = fields.number(what, 1)
  const hint = number === 0 ? undefined : displayHints[number]
  if (hint === undefined) throw new Malformed(`${what} is a display hint of the kind ${number}`)
  return hint
}

function readArgument(fields: Fields, hint: DisplayHint, what: string): { value: LogArgument; text: string } {
  const known: ArgumentKind | undefined = argumentKinds[fields.kind]
  if (known === undefined) throw new Malformed(`${what} is of the kind ${fields.kind}`)
  const { name, size, read, shown } = known
  if (size !== undefined && fields.length !== size) {
    throw new Malformed(`${what}, of the kind ${name}, has ${fields.length} bytes, not ${size}`)
  }
  const show = shown[hint]
  if (show === undefined) throw new Malformed(`${what}, of the kind ${name}, has the display hint ${hint}`)
  const bytes = fields.value()
  const value = read(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
  return { value, text: show(value as never, bytes) }
}
