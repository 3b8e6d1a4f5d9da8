// The kinds of arguments of aya-log: how each is read, and what it is with each display hint.
// https://github.com/aya-rs/aya/blob/aya-log-v0.3.0/aya-log/src/lib.rs, `Format`

import { isLittleEndian } from '../maps/byte-order.ts'
import { float32, float64, hex, hexInteger, ipv4, ipv4Number, ipv6, mac, segmentsOf } from './display.ts'
import type { LogArgument } from './log-record.ts'

/** By number in a record; 0 is none. */
export const displayHints = [
  'none',
  'Default',
  'LowerHex',
  'UpperHex',
  'Ip',
  'LowerMac',
  'UpperMac',
  'Pointer',
] as const

/** How an argument is printed: `{}`, `{:x}`, `{:X}`, `{:i}`, `{:mac}`, `{:MAC}`, `{:p}`; `none` where nothing is said. */
export type DisplayHint = (typeof displayHints)[number]

/** One kind of argument. */
export interface ArgumentKind {
  readonly name: string
  /** In bytes; any where it is `undefined`. */
  readonly size?: number
  read(bytes: Uint8Array, view: DataView): LogArgument
  /** The ways in which it can be printed. */
  readonly shown: Readonly<Partial<Record<DisplayHint, (value: never, bytes: Uint8Array) => string>>>
}

/** The number of the kind that says how the next argument is printed. */
export const hintKind = 0

/** The number of the kind for text, which takes no hint. */
export const textKind = 20

/** By number in a record. Text is not among them. */
export const argumentKinds: Readonly<Record<number, ArgumentKind>> = {
  1: integer('I8', 1, (view) => view.getInt8(0)),
  2: integer('I16', 2, (view) => view.getInt16(0, isLittleEndian)),
  3: integer('I32', 4, (view) => view.getInt32(0, isLittleEndian)),
  4: integer('I64', 8, (view) => view.getBigInt64(0, isLittleEndian)),
  5: integer('Isize', 8, (view) => view.getBigInt64(0, isLittleEndian)),
  6: integer('U8', 1, (view) => view.getUint8(0)),
  7: integer('U16', 2, (view) => view.getUint16(0, isLittleEndian)),
  8: u32(),
  9: integer('U64', 8, (view) => view.getBigUint64(0, isLittleEndian)),
  10: integer('Usize', 8, (view) => view.getBigUint64(0, isLittleEndian)),
  11: plain('F32', 4, (_, view) => view.getFloat32(0, isLittleEndian), float32),
  12: plain('F64', 8, (_, view) => view.getFloat64(0, isLittleEndian), float64),
  13: { name: 'Ipv4Addr', size: 4, read: ipv4, shown: { none: String, Default: String, Ip: String } },
  14: {
    name: 'Ipv6Addr',
    size: 16,
    read: (bytes) => ipv6(segmentsOf(bytes)),
    shown: { none: String, Default: String, Ip: String },
  },
  15: array('ArrU8Len4', 4, { none: ipv4, Default: ipv4, Ip: ipv4 }),
  16: array('ArrU8Len6', 6, { LowerMac: mac, UpperMac: (value) => mac(value).toUpperCase() }),
  17: array('ArrU8Len16', 16, { Ip: (value) => ipv6(segmentsOf(value)) }),
  18: { name: 'ArrU16Len8', size: 16, read: (_, view) => numbers(view), shown: { Ip: ipv6 } },
  19: array('Bytes', undefined, { LowerHex: hex, UpperHex: (value) => hex(value).toUpperCase() }),
  21: {
    name: 'Pointer',
    size: 8,
    read: (_, view) => view.getBigUint64(0, isLittleEndian),
    shown: { Pointer: (value: bigint) => `0x${value.toString(16)}` },
  },
}

function integer<T extends number | bigint>(name: string, size: number, read: (view: DataView) => T): ArgumentKind {
  const lower = (value: T): string => hexInteger(value, size * 8)
  const shown = { none: String, Default: String, LowerHex: lower, UpperHex: (value: T) => lower(value).toUpperCase() }
  return { name, size, read: (_, view) => read(view), shown }
}

function u32(): ArgumentKind {
  const kind = integer('U32', 4, (view) => view.getUint32(0, isLittleEndian))
  return { ...kind, shown: { ...kind.shown, Ip: ipv4Number } }
}

function plain<T extends LogArgument>(
  name: string,
  size: number,
  read: (bytes: Uint8Array, view: DataView) => T,
  show: (value: T) => string,
): ArgumentKind {
  return { name, size, read, shown: { none: show, Default: show } }
}

function array(
  name: string,
  size: number | undefined,
  shown: Partial<Record<DisplayHint, (value: Uint8Array) => string>>,
): ArgumentKind {
  return { name, ...(size !== undefined && { size }), read: (bytes) => bytes.slice(), shown }
}

/** aya-log takes them for little-endian on every machine. */
function numbers(view: DataView): number[] {
  return Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index, true))
}
