// Values as Rust prints them: `{}`, `{:x}` and `{:X}` of numbers, and addresses.

/** An `f64` as `{}` prints it: as few digits as tell it from others, and never an exponent. */
export function float64(value: number): string {
  return special(value) ?? withoutExponent(roundedUp(value))
}

/** An `f32` as `{}` prints it. */
export function float32(value: number): string {
  return special(value) ?? withoutExponent(String(shortest32(value)))
}

/** Bytes as `{:x}` prints them. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** An integer as `{:x}` prints it: negative ones as their two's complement. */
export function hexInteger(value: number | bigint, bits: number): string {
  return BigInt.asUintN(bits, BigInt(value)).toString(16)
}

/** Six bytes as `{:mac}` of aya-log prints them. */
export function mac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

/** Four bytes as an IPv4 address. */
export function ipv4(bytes: Uint8Array): string {
  return bytes.join('.')
}

/** A number, whose highest byte comes first, as an IPv4 address. */
export function ipv4Number(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** Eight numbers as an IPv6 address (RFC 5952). */
export function ipv6(segments: readonly number[]): string {
  const isMapped = segments.slice(0, 6).join() === '0,0,0,0,0,65535'
  if (isMapped) return `::ffff:${ipv4Number(((segments[6] ?? 0) << 16) | (segments[7] ?? 0))}`
  const { start, length } = longestZeros(segments)
  const text = (from: number, to: number): string =>
    segments
      .slice(from, to)
      .map((one) => one.toString(16))
      .join(':')
  return length > 1 ? `${text(0, start)}::${text(start + length, 8)}` : text(0, 8)
}

/** Two bytes each, the higher one first. */
export function segmentsOf(bytes: Uint8Array): number[] {
  return Array.from(
    { length: bytes.length / 2 },
    (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  )
}

/** The first of the longest runs of zeros. */
function longestZeros(segments: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 }
  let start = 0
  for (const [index, segment] of segments.entries()) {
    if (segment !== 0) start = index + 1
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start }
  }
  return longest
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return Object.is(value, -0) ? '-0' : undefined
}

/** Of two numbers with the fewest digits that are as near, Rust takes the greater one, as `toPrecision` does; `String` the even one. */
function roundedUp(value: number): string {
  const text = String(value)
  const digits =
    text
      .replace(/e.*/, '')
      .replace(/\D/g, '')
      .replace(/^0+|0+$/g, '').length || 1
  const rounded = value.toPrecision(digits)
  return Number(rounded) === value ? rounded : text
}

/** The number with the fewest digits that is this value when rounded to 32 bits; of several, the nearest. */
function shortest32(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const nearest = Number(value.toPrecision(digits))
    if (Math.fround(nearest) === value) return nearest
    // Below a power of two, neighbours are half as far as above: the number above may be in reach when the nearest is not.
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1)
    for (const near of [nearest + unit, nearest - unit].map((one) => Number(one.toPrecision(digits)))) {
      if (Math.fround(near) === value) return near
    }
  }
  return Number(value.toPrecision(9))
}

/** `1e-7` as `0.0000001`. */
function withoutExponent(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? []
  if (exponent === undefined) return text
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  // Where the point would be among the digits, there is no exponent.
  return sign + digits + '0'.repeat(point - digits.length)
}
