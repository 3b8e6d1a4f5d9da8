// A struct with members of every sort, a value of it, and what values that differ from it are refused with.
import type { ExecutionContext } from 'ava'
import type { BtfTypes } from '../../dist/btf/btf-types.js'
import type { Codec } from '../../dist/btf/codec.js'
import { parseBtf } from '../../dist/btf/engine.js'
import { BtfBuilder } from './btf-builder.ts'
import { encode } from './codecs.ts'

/** A value that must be refused, and how; misfits in size are a RangeError. */
export type Refusal = [title: string, value: unknown, code: string, message: string]

export const type = 'ERR_INVALID_ARG_TYPE'
export const range = 'ERR_OUT_OF_RANGE'
export const invalid = 'ERR_INVALID_ARG_VALUE'

/** Asserts that a codec refuses a value so. */
export function refuses(t: ExecutionContext, codec: Codec, [, value, code, message]: Refusal): void {
  const error = t.throws(() => encode(codec, value, 'flow'), { any: true }) as Error & { code?: string }
  const name = code === range ? 'RangeError' : 'TypeError'
  t.deepEqual([error.name, error.code, error.message], [name, code, message])
}

/** `struct flow { struct { __be32 saddr; __be16 dport; __s8 hops; } key; __u64 bytes; __s64 delta; … }`, in full below. */
export function flow(): { types: BtfTypes; id: number } {
  const btf = new BtfBuilder()
  const u8 = btf.int('unsigned char', 1)
  const s8 = btf.int('signed char', 1, { signed: true })
  const char = btf.int('char', 1, { signed: true })
  const bool = btf.int('_Bool', 1, { bool: true })
  const be16 = btf.add('typedef', '__be16', btf.int('unsigned short', 2))
  const u32 = btf.add('typedef', '__u32', btf.int('unsigned int', 4))
  const u64 = btf.add('typedef', '__u64', btf.int('unsigned long long', 8))
  const s64 = btf.add('typedef', '__s64', btf.int('long long', 8, { signed: true }))
  const float = btf.add('float', 'float', 4)
  const double = btf.add('float', 'double', 8)
  const state = btf.add('enum', 'state', 4, [btf.name('UP'), 1], 1)
  const key = btf.struct('flow_key', 8, [
    ['dport', be16, 0],
    ['hops', s8, 16],
    ['saddr', u32, 32],
  ])
  const address = btf.struct(
    '',
    16,
    [
      ['v4', u32, 0],
      ['v6', btf.array(u8, 16), 0],
    ],
    'union',
  )
  const id = btf.struct('flow', 144, [
    ['key', key, 0],
    ['bytes', u64, 64],
    ['delta', s64, 128],
    ['comm', btf.array(char, 8), 192],
    ['mac', btf.array(u8, 6), 256],
    ['alive', bool, 304],
    ['state', state, 320],
    ['ports', btf.array(be16, 3), 352],
    ['rate', float, 416],
    ['exact', double, 448],
    ['', address, 512],
    ['hop', btf.array(key, 2), 640],
    ['odd name', u8, 768],
    ['low', u32, 776, 3],
    ['wide', u64, 800, 60],
    ['on', bool, 864, 1],
  ])
  return { types: parseBtf(btf.bytes()), id }
}

export const key = { dport: 443, hops: -1, saddr: 1 }
export const valid = {
  key,
  bytes: 1n,
  delta: -1n,
  comm: 'curl',
  mac: new Uint8Array(6),
  alive: true,
  state: 1,
  ports: [1, 2, 3],
  rate: 0.5,
  exact: 0.1,
  v4: 1,
  hop: [key, key],
  'odd name': 1,
  low: 7,
  wide: 1n,
  on: false,
}

/** The valid value with some members replaced; `undefined` takes them away. */
export function but(changes: object): object {
  const value: Record<string, unknown> = { ...valid, ...changes }
  for (const name of Object.keys(changes)) if (value[name] === undefined) delete value[name]
  return value
}
