// What is said of misused arguments after loading: TypeError and RangeError with Node's codes, before anything happens.
import test, { type ExecutionContext } from 'ava'
import {
  Btf,
  type BytesMap,
  CgroupSkb,
  CgroupSkbLink,
  CgroupSkbLinkId,
  Ebpf,
  MapBase,
  Program,
  type ProgramHandle,
} from 'ayajs'
import { loaded, mapOf, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { bytes, misuse, range, type, value, wrong, type Row } from './misuse.ts'

leaveNothingBehind(test)

const open = (t: ExecutionContext): Ebpf => openFixture(t, 'cgroup_skb')
const program = (t: ExecutionContext): CgroupSkb => loaded(open(t), 'count_egress')
const map = (t: ExecutionContext): BytesMap => mapOf(open(t), 'packets')

const cgroup = 'The "cgroup" argument must be a path (string, Buffer or URL), a descriptor, or an object with an fd'
const directions = `The argument "attachType" must be one of: 'Ingress', 'Egress'`
const fd = 'is out of range. It must be an integer >= 0 && <= 2147483647'

const objects: Row[] = [
  [
    'program(Symbol())',
    (t) => open(t).program(wrong(Symbol('x'))),
    type,
    'The "name" argument must be of type string. Received Symbol(x)',
  ],
  [
    "map('a\\0')",
    (t) => open(t).map('a\0'),
    value,
    `The argument "name" must be without null bytes. Received 'a\\x00'`,
  ],
  [
    'hasMap()',
    (t) => open(t).hasMap(wrong(undefined)),
    type,
    'The "name" argument must be of type string. Received undefined',
  ],
  [
    'tryFrom(undefined)',
    () => CgroupSkb.tryFrom(wrong(undefined)),
    type,
    'The "program" argument must be an instance of Program or null. Received undefined',
  ],
  [
    'tryFrom(bpf)',
    (t) => CgroupSkb.tryFrom(wrong(open(t))),
    type,
    'The "program" argument must be an instance of Program or null. Received an instance of Ebpf',
  ],
  [
    'get(key of 3 bytes)',
    (t) => map(t).get(new Uint8Array(3)),
    range,
    'The key of map "packets" must be 4 bytes large. Received 3 bytes',
  ],
  ["get('key')", (t) => map(t).get(wrong('key')), type, `The "key" argument ${bytes}. Received 'key'`],
]

const attaching: Row[] = [
  ['null', (t) => program(t).attach(wrong(null), 'Egress'), type, `${cgroup}. Received null`],
  ['{}', (t) => program(t).attach(wrong({}), 'Egress'), type, `${cgroup}. Received an instance of Object`],
  ["''", (t) => program(t).attach('', 'Egress'), value, `The argument "cgroup" must not be empty. Received ''`],
  [
    "'a\\0b'",
    (t) => program(t).attach('a\0b', 'Egress'),
    value,
    `The argument "cgroup" must be without null bytes. Received 'a\\x00b'`,
  ],
  ['-1', (t) => program(t).attach(-1, 'Egress'), range, `The value of "cgroup" ${fd}. Received -1`],
  [
    '2 ** 32 + 3',
    (t) => program(t).attach(2 ** 32 + 3, 'Egress'),
    range,
    `The value of "cgroup" ${fd}. Received 4294967299`,
  ],
  ['NaN', (t) => program(t).attach(NaN, 'Egress'), range, `The value of "cgroup" ${fd}. Received NaN`],
  [
    "{ fd: '3' }",
    (t) => program(t).attach(wrong({ fd: '3' }), 'Egress'),
    type,
    `The "cgroup.fd" argument must be of type number. Received '3'`,
  ],
  ["'/', 'egress'", (t) => program(t).attach('/', wrong('egress')), value, `${directions}. Received 'egress'`],
  ["'/'", (t) => program(t).attach('/', wrong(undefined)), value, `${directions}. Received undefined`],
]

const links: Row[] = [
  [
    'detach(0)',
    (t) => program(t).detach(wrong(0)),
    type,
    'The "linkId" argument must be an instance of CgroupSkbLinkId. Received 0',
  ],
  [
    'takeLink(null)',
    (t) => program(t).takeLink(wrong(null)),
    type,
    'The "linkId" argument must be an instance of CgroupSkbLinkId. Received null',
  ],
]

const testRuns: Row[] = [
  [
    '',
    (t) => program(t).testRun(wrong(undefined)),
    type,
    'The "options" argument must be of type object. Received undefined',
  ],
  ['{}', (t) => program(t).testRun(wrong({})), type, `The "options.packet" argument ${bytes}. Received undefined`],
  [
    '{ packet, repeats: 2 }',
    (t) => program(t).testRun(wrong({ packet: ipv4, repeats: 2 })),
    value,
    'Unknown option "repeats" in "options"; did you mean "repeat"?',
  ],
  [
    '{ packet, repeat: 0 }',
    (t) => program(t).testRun({ packet: ipv4, repeat: 0 }),
    range,
    'The value of "options.repeat" is out of range. It must be an integer >= 1 && <= 1000000. Received 0',
  ],
  [
    '{ packet: an Ethernet frame }',
    (t) => program(t).testRun({ packet: new Uint8Array(60) }),
    range,
    'The value of "options.packet" is out of range. It must be an IPv4 or IPv6 packet, whose first four bits are 4 or 6. Received 0',
  ],
]
const ipv4 = new Uint8Array(20).fill(0x45, 0, 1)

const constructors: Row[] = (
  [
    [Btf, 'Btf.fromSysFs(), Btf.parseFile() or Btf.parse()'],
    [CgroupSkb, 'Ebpf.program()'],
    [CgroupSkbLink, 'CgroupSkb.takeLink()'],
    [CgroupSkbLinkId, 'CgroupSkb.attach()'],
    [Ebpf, 'Ebpf.load() or Ebpf.loadFile()'],
    [MapBase, 'Ebpf.map() or MapBase.create()'],
    [Program, 'Ebpf.program()'],
  ] as const
).map(([Class, source]) => [
  `new ${Class.name}({})`,
  () => new (Class as new (handle: ProgramHandle) => Program)(wrong({})),
  'TypeError ERR_ILLEGAL_CONSTRUCTOR',
  `${Class.name} has no public constructor: get one from ${source}`,
])

misuse('', objects)
misuse('attach ', attaching)
misuse('', links)
misuse('testRun ', testRuns)
misuse('', constructors)
