// Values that cannot be written: which error, with which message, from both kinds of codecs.
import { inspect } from 'node:util'
import test from 'ava'
import { encode, engines, variablesOf } from '../../helpers/codecs.ts'
import { but, flow, invalid, key, range, refuses, type, valid, type Refusal } from '../../helpers/flow.ts'

const unions = 'in a union: give one of v4, v6'

const refusals: Refusal[] = [
  ['null', null, type, 'flow must be an object (struct flow). Received null'],
  ['a number for a struct', 5, type, 'flow must be an object (struct flow). Received 5'],
  ['nothing at all', undefined, type, 'flow is missing: an object (struct flow) is needed'],
  ['a missing struct', but({ key: undefined }), type, 'flow.key is missing: an object (struct flow_key) is needed'],
  [
    'a missing member',
    but({ key: { dport: 1, hops: 1 } }),
    type,
    'flow.key.saddr is missing: a number (__u32) is needed',
  ],
  [
    'a misspelled member',
    but({ key: { ...key, dport: undefined, dprot: 443 } }),
    invalid,
    'flow.key.dprot: struct flow_key has no such member; did you mean "dport"?',
  ],
  [
    'another case',
    but({ key: { hops: 1, saddr: 1, Dport: 443 } }),
    invalid,
    'flow.key.Dport: struct flow_key has no such member; did you mean "dport"?',
  ],
  [
    'an extra member',
    but({ key: { ...key, unrelated_thing: 1 } }),
    invalid,
    'flow.key.unrelated_thing: struct flow_key has no such member; its members are: dport, hops, saddr',
  ],
  [
    'an extra member that is undefined',
    but({ key: { ...key, dports: undefined } }),
    invalid,
    'flow.key.dports: struct flow_key has no such member; did you mean "dport"?',
  ],
  [
    'a string too long',
    but({ comm: 'chromium!' }),
    range,
    "flow.comm: 'chromium!' has 9 bytes in UTF-8, but char[8] holds 8",
  ],
  [
    'a string too long in UTF-8 only',
    but({ comm: 'grüßen!' }),
    range,
    "flow.comm: 'grüßen!' has 9 bytes in UTF-8, but char[8] holds 8",
  ],
  [
    'a string with a null byte',
    but({ comm: 'a\0b' }),
    invalid,
    "flow.comm: 'a\\x00b' has a null byte, where char[8] would end",
  ],
  [
    'half of a surrogate pair',
    but({ comm: '\ud800' }),
    invalid,
    `flow.comm: ${inspect('\ud800')} has half of a surrogate pair, which UTF-8 cannot express`,
  ],
  [
    'bytes for a string',
    but({ comm: new Uint8Array(8) }),
    type,
    'flow.comm must be a string (char[8]). Received an instance of Uint8Array',
  ],
  ['too few bytes', but({ mac: new Uint8Array(5) }), range, 'flow.mac: unsigned char[6] has 6 bytes, not 5'],
  [
    'an array for bytes',
    but({ mac: [1, 2, 3, 4, 5, 6] }),
    type,
    'flow.mac must be a Uint8Array (unsigned char[6]). Received an instance of Array',
  ],
  ['an array too short', but({ ports: [1, 2] }), range, 'flow.ports: __be16[3] has 3 elements, not 2'],
  ['an array too long', but({ ports: [1, 2, 3, 4] }), range, 'flow.ports: __be16[3] has 3 elements, not 4'],
  ['an array with a hole', but({ ports: Array(3) }), type, 'flow.ports[0] is missing: a number (__be16) is needed'],
  [
    'something like an array',
    but({ ports: { length: 3, 0: 1, 1: 1, 2: 1 } }),
    type,
    'flow.ports must be an array (__be16[3]). Received an instance of Object',
  ],
  ['two members of a union', but({ v6: new Uint8Array(16) }), type, `flow: v4 and v6 exclude each other, ${unions}`],
  ['no member of a union', but({ v4: undefined }), type, 'flow: one member of the union is needed: v4, v6'],
  [
    'a misspelled member of a union',
    but({ v4: undefined, v44: 1 }),
    invalid,
    'flow.v44: struct flow has no such member; did you mean "v4"?',
  ],
]

const { types, id } = flow()

for (const [engine, make] of engines) {
  const codec = make(types.shapeOf(id))

  test(`${engine}: the value that the others are made of can be written`, (t) => {
    t.notThrows(() => encode(codec, valid))
  })

  for (const refusal of refusals) {
    test(`${engine}: ${refusal[0]} is refused with ${refusal[2]}`, refuses, codec, refusal)
  }

  test(`${engine}: members that every object inherits are missing all the same`, (t) => {
    const { shape } = variablesOf('types').get('names')!
    const named = make(shape)
    const all = { constructor: 1, toString: 3, hasOwnProperty: 4, class: 5, length: 6, value: 7, v: 8, o: 9 }
    t.throws(() => encode(named, all), {
      code: type,
      message: 'value.__proto__ is missing: a number (__u32) is needed',
    })
    t.throws(() => encode(named, { ...all, ['__proto__']: 2, constructor: undefined }), {
      code: type,
      message: 'value.constructor is missing: a number (__u32) is needed',
    })
  })

  test(`${engine}: a value may have its members from anywhere: a class, a getter, a null prototype`, (t) => {
    class Key {
      hops = -1
      saddr = 1
      get dport(): number {
        return 443
      }
    }
    const expected = encode(codec, valid)
    t.deepEqual(encode(codec, but({ key: new Key() })), expected)
    t.deepEqual(encode(codec, but({ key: Object.assign(Object.create(null), key) })), expected)
    t.deepEqual(encode(codec, but({ key: Object.create({ dport: 443, hops: -1, saddr: 1 }) })), expected)
  })
}
