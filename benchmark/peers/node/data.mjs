// The data of all rows, as bytes and as objects.

export const entries = 65_536
export const cpuEntries = 4_096
export const totals = 1_024

/** Entries of one batch. */
export const chunk = 4_096

export const keySize = 16
export const valueSize = 32

/** Different keys of one measurement, and from one of them to the next: odd, so that none comes twice. */
export const samples = 1_024
const step = 61

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** What single operations use, made one after the other, as that of a program at work is: close together in memory. */
export function makeSamples(make, count = entries) {
  return Array.from({ length: samples }, (_, index) => make((index * step) % count))
}

export function makeKey(number) {
  return { saddr: 0x0a000000 + number, daddr: 0xc0a80001, sport: 1024 + (number % 50_000), dport: 443, protocol: 6 }
}

export function makeFlow(number) {
  return {
    packets: BigInt(number + 1),
    bytes: BigInt((number + 1) * 1500),
    first_seen_ns: 1_700_000_000_000_000_000n + BigInt(number),
    flags: 1,
    mark: number % 256,
  }
}

/** As many keys behind each other, as bytes. */
export function packKeys(count) {
  const view = new DataView(new ArrayBuffer(count * keySize))
  for (let number = 0; number < count; number++) {
    const { saddr, daddr, sport, dport, protocol } = makeKey(number)
    const at = number * keySize
    view.setUint32(at, saddr)
    view.setUint32(at + 4, daddr)
    view.setUint16(at + 8, sport)
    view.setUint16(at + 10, dport)
    view.setUint32(at + 12, protocol, littleEndian)
  }
  return new Uint8Array(view.buffer)
}

/** As many values behind each other, as bytes. */
export function packValues(count) {
  const view = new DataView(new ArrayBuffer(count * valueSize))
  for (let number = 0; number < count; number++) {
    const flow = makeFlow(number)
    const at = number * valueSize
    view.setBigUint64(at, flow.packets, littleEndian)
    view.setBigUint64(at + 8, flow.bytes, littleEndian)
    view.setBigUint64(at + 16, flow.first_seen_ns, littleEndian)
    view.setUint32(at + 24, flow.flags, littleEndian)
    view.setUint32(at + 28, flow.mark, littleEndian)
  }
  return new Uint8Array(view.buffer)
}

/** Bytes cut into pieces, each with memory of its own. */
export function pieces(bytes, size) {
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.slice(index * size, (index + 1) * size))
}

/** Reads the first number of a value, `packets`, which is small here, at an offset in a DataView. */
export function readPackets(view, offset) {
  return view.getUint32(littleEndian ? offset : offset + 4, littleEndian)
}

/** Reads the last number of a key. */
export function readProtocol(view, offset) {
  return view.getUint32(offset + 12, littleEndian)
}

/** Writes the index of an array's element. */
export function writeIndex(view, index) {
  view.setUint32(0, index, littleEndian)
}

/** As {@link readPackets} and {@link readProtocol}, of one key and one value, without making a view of each. */
export function readBoth(key, value) {
  return readLow(value, littleEndian ? 0 : 4) + readLow(key, 12)
}

function readLow(bytes, at) {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  return (littleEndian ? a | (b << 8) | (c << 16) | (d << 24) : d | (c << 8) | (b << 16) | (a << 24)) >>> 0
}
