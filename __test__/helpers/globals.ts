// The fixture globals.bpf.o, opened for one test in both ways to reach its variables.
import type { ExecutionContext } from 'ava'
import type { CgroupSkb, Ebpf, LoadOptions } from 'ayajs'
import { allowMapping } from '../../dist/objects/section.js'
import { loaded, openFixture } from './fixtures.ts'

/** How variables are read and written. */
export interface Way {
  readonly name: 'memory' | 'system calls'
  /** Opens a fixture until the test ends, with its variables. */
  open(t: ExecutionContext, options?: LoadOptions, fixture?: string): Opened
}

export interface Opened {
  readonly bpf: Ebpf
  readonly globals: Record<string, unknown>
}

/** Both ways: what holds for one holds for the other. */
export const ways: readonly Way[] = (['memory', 'system calls'] as const).map((name) => ({
  name,
  open(t, options = {}, fixture = 'globals') {
    const bpf = openFixture(t, fixture, options)
    allowMapping(name === 'memory')
    try {
      return { bpf, globals: bpf.globals }
    } finally {
      allowMapping(true)
    }
  },
}))

/** The program of this name, loaded and run so many times. */
export function run(bpf: Ebpf, name: 'count' | 'toggle', repeat: number): CgroupSkb {
  const program = loaded(bpf, name)
  program.testRun({ packet, repeat })
  return program
}

/** The shortest packet that programs of cgroups take. */
export const packet: Uint8Array = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

/** What the variables are in the beginning. */
export const initial: Readonly<Record<string, unknown>> = {
  limit: 10,
  title: 'plain',
  origin: { x: -1, y: 2 },
  salt: 99n,
  rate: 7,
  burst: 3,
  step: 2n,
  s8: -8,
  u8: 8,
  s16: -16,
  u16: 16,
  s32: -32,
  u32: 32,
  s64: -64n,
  u64: 64n,
  port: 80,
  address: 0x7f000001,
  flag: true,
  mode: 2,
  f32: 0.5,
  f64: -0.25,
  name: 'egress',
  bytes: Uint8Array.of(1, 2, 3, 4, 5, 6),
  matrix: [
    [1, 2, 3],
    [4, 5, 6],
  ],
  shape: {
    corners: [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ],
    area: 2n ** 40n,
    label: 'box',
    flags: 5,
    level: 17,
    raw: Uint8Array.of(7, 8, 9),
  },
  crooked: { first: 1, wide: 0x0102030405060708n },
  ...{ ['then' as string]: 1 },
  constructor: 2,
  ['__proto__']: 3,
  toString: 4,
  total: 0n,
  seen_rate: 0,
  seen_x: 0,
  flip: 0n,
  flips: { left: 0n, right: 0n },
  hits: [0n, 0n, 0n, 0n],
  hidden: 0n,
}

/** Other values, for every variable. */
export const others: Readonly<Record<string, unknown>> = {
  limit: 4294967295,
  title: 'sixteen bytes…',
  origin: { x: 2147483647, y: -2147483648 },
  salt: 2n ** 64n - 1n,
  rate: 1000,
  burst: 255,
  step: 3n,
  s8: -128,
  u8: 255,
  s16: -32768,
  u16: 65535,
  s32: -2147483648,
  u32: 4294967295,
  s64: -(2n ** 63n),
  u64: 2n ** 64n - 1n,
  port: 443,
  address: 0x0a000001,
  flag: false,
  mode: 1,
  f32: -1.5,
  f64: 1e300,
  name: '12345678',
  bytes: Uint8Array.of(9, 8, 7, 6, 5, 4),
  matrix: [
    [65535, 0, 1],
    [2, 3, 4],
  ],
  shape: {
    corners: [
      { x: -1, y: -2 },
      { x: -3, y: -4 },
    ],
    area: 2n ** 64n - 1n,
    label: 'ä',
    flags: 7,
    level: 31,
    raw: Uint8Array.of(255, 254, 253),
  },
  crooked: { first: 255, wide: 2n ** 64n - 1n },
  ...{ ['then' as string]: 10 },
  constructor: 20,
  ['__proto__']: 30,
  toString: 40,
  total: 5n,
  seen_rate: 6,
  seen_x: -7,
  flip: 2n ** 64n - 1n,
  flips: { left: 1n, right: 2n },
  hits: [1n, 2n, 3n, 4n],
  hidden: 8n,
}

/** Those of `.rodata`, which can be set before the start only. */
export const constants: readonly string[] = ['limit', 'title', 'origin', 'salt']
