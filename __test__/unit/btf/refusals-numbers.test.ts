// Numbers that cannot be written: which error, with which message, from both kinds of codecs.
import test from 'ava'
import { engines } from '../../helpers/codecs.ts'
import { but, flow, key, range, refuses, type, type Refusal } from '../../helpers/flow.ts'

const refusals: Refusal[] = [
  [
    'one too much',
    but({ key: { ...key, dport: 70000 } }),
    range,
    'flow.key.dport: 70000 exceeds __be16, which holds 0 to 65535',
  ],
  [
    'a negative number for an unsigned one',
    but({ key: { ...key, dport: -1 } }),
    range,
    'flow.key.dport: -1 exceeds __be16, which holds 0 to 65535',
  ],
  [
    'below a signed minimum',
    but({ key: { ...key, hops: -129 } }),
    range,
    'flow.key.hops: -129 exceeds signed char, which holds -128 to 127',
  ],
  [
    '2 ** 32',
    but({ key: { ...key, saddr: 2 ** 32 } }),
    range,
    'flow.key.saddr: 4294967296 exceeds __u32, which holds 0 to 4294967295',
  ],
  [
    'NaN',
    but({ key: { ...key, saddr: NaN } }),
    range,
    'flow.key.saddr: NaN is no integer, as is needed for __u32, which holds 0 to 4294967295',
  ],
  [
    'Infinity',
    but({ key: { ...key, saddr: Infinity } }),
    range,
    'flow.key.saddr: Infinity is no integer, as is needed for __u32, which holds 0 to 4294967295',
  ],
  [
    'a fraction',
    but({ state: 1.5 }),
    range,
    'flow.state: 1.5 is no integer, as is needed for enum state, which holds 0 to 4294967295',
  ],
  [
    'text for a number',
    but({ key: { ...key, dport: '443' } }),
    type,
    "flow.key.dport must be a number (__be16). Received '443'",
  ],
  [
    'a bigint for a number',
    but({ key: { ...key, dport: 443n } }),
    type,
    'flow.key.dport must be a number (__be16). Received 443n',
  ],
  [
    'a symbol for a number',
    but({ state: Symbol('up') }),
    type,
    'flow.state must be a number (enum state). Received Symbol(up)',
  ],
  ['a number for 64 bits', but({ bytes: 5 }), type, 'flow.bytes must be a bigint (__u64): write 5n, not 5'],
  ['a fraction for 64 bits', but({ bytes: 5.5 }), type, 'flow.bytes must be a bigint (__u64). Received 5.5'],
  [
    'a negative bigint',
    but({ bytes: -1n }),
    range,
    'flow.bytes: -1n exceeds __u64, which holds 0n to 18446744073709551615n',
  ],
  [
    '2n ** 64n',
    but({ bytes: 2n ** 64n }),
    range,
    'flow.bytes: 18446744073709551616n exceeds __u64, which holds 0n to 18446744073709551615n',
  ],
  [
    '2n ** 63n',
    but({ delta: 2n ** 63n }),
    range,
    'flow.delta: 9223372036854775808n exceeds __s64, which holds -9223372036854775808n to 9223372036854775807n',
  ],
  ['a number for a boolean', but({ alive: 1 }), type, 'flow.alive must be a boolean (_Bool). Received 1'],
  [
    'a wrong element',
    but({ ports: [1, 2, 65536] }),
    range,
    'flow.ports[2]: 65536 exceeds __be16, which holds 0 to 65535',
  ],
  [
    'a wrong member of an element',
    but({ hop: [key, { ...key, dport: -5 }] }),
    range,
    'flow.hop[1].dport: -5 exceeds __be16, which holds 0 to 65535',
  ],
  ['too much for a float', but({ rate: 1e39 }), range, 'flow.rate: 1e+39 exceeds float'],
  ['text for a double', but({ exact: '0.1' }), type, "flow.exact must be a number (double). Received '0.1'"],
  [
    'a name that is no identifier',
    but({ 'odd name': 256 }),
    range,
    'flow["odd name"]: 256 exceeds unsigned char, which holds 0 to 255',
  ],
  ['too much for a bit-field', but({ low: 8 }), range, 'flow.low: 8 exceeds __u32:3, which holds 0 to 7'],
  [
    'a fraction for a bit-field',
    but({ low: 0.5 }),
    range,
    'flow.low: 0.5 is no integer, as is needed for __u32:3, which holds 0 to 7',
  ],
  ['a number for a wide bit-field', but({ wide: 5 }), type, 'flow.wide must be a bigint (__u64:60): write 5n, not 5'],
  [
    'too much for a wide bit-field',
    but({ wide: 2n ** 60n }),
    range,
    `flow.wide: ${2n ** 60n}n exceeds __u64:60, which holds 0n to ${2n ** 60n - 1n}n`,
  ],
  ['a number for a boolean bit-field', but({ on: 1 }), type, 'flow.on must be a boolean (_Bool:1). Received 1'],
]

const { types, id } = flow()

for (const [engine, make] of engines) {
  const codec = make(types.shapeOf(id))
  for (const refusal of refusals) {
    test(`${engine}: ${refusal[0]} is refused with ${refusal[2]}`, refuses, codec, refusal)
  }
}
