// What is said of misused arguments of loading: TypeError and RangeError with Node's codes, before anything happens.
import test from 'ava'
import { Btf, Ebpf, EbpfLoader, type LoadOptions } from 'ayajs'
import { fixturePath } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { bytes, misuse, range, type, value, wrong, type Row } from './misuse.ts'

leaveNothingBehind(test)

const options = (given: unknown): Ebpf => Ebpf.loadFile(fixturePath('cgroup_skb'), given as LoadOptions)

const path = 'must be of type string or an instance of Uint8Array or URL'
const u32 = 'is out of range. It must be an integer >= 0 && <= 4294967295'
const known =
  'as, btf, allowUnsupportedMaps, defaultMapPinDirectory, globals, logLevel, mapMaxEntries, mapPinPath, maps, extensions, verifierLogLevel'

const loading: Row[] = [
  ['loadFile()', () => Ebpf.loadFile(wrong(undefined)), type, `The "path" argument ${path}. Received undefined`],
  ['loadFile(5)', () => Ebpf.loadFile(wrong(5)), type, `The "path" argument ${path}. Received 5`],
  ["loadFile('')", () => Ebpf.loadFile(''), value, `The argument "path" must not be empty. Received ''`],
  [
    "loadFileAsync('a\\0b')",
    () => Ebpf.loadFileAsync('a\0b'),
    value,
    `The argument "path" must be without null bytes. Received 'a\\x00b'`,
  ],
  [
    "loadFile(Buffer.from('\\0'))",
    () => Ebpf.loadFile(Buffer.from('\0')),
    value,
    'The argument "path" must be without null bytes. Received an instance of Buffer',
  ],
  [
    "loadFile(new URL('https://x/'))",
    () => Ebpf.loadFile(new URL('https://x/')),
    'TypeError ERR_INVALID_URL_SCHEME',
    'The URL must be of scheme file',
  ],
  ["load('ELF')", () => Ebpf.load(wrong('ELF')), type, `The "data" argument ${bytes}. Received 'ELF'`],
  [
    'loadAsync([127, 69, 76, 70])',
    () => Ebpf.loadAsync(wrong([127, 69, 76, 70])),
    type,
    `The "data" argument ${bytes}. Received an instance of Array`,
  ],
  ['Btf.parse(null)', () => Btf.parse(wrong(null)), type, `The "data" argument ${bytes}. Received null`],
  [
    'Btf.parseFile({})',
    () => Btf.parseFile(wrong({})),
    type,
    `The "path" argument ${path}. Received an instance of Object`,
  ],
]

const loadOptions: Row[] = [
  ['null', () => options(null), type, 'The "options" argument must be of type object. Received null'],
  [
    '{ global: {} }',
    () => options({ global: {} }),
    value,
    'Unknown option "global" in "options"; did you mean "globals"?',
  ],
  [
    '{ verbose: true }',
    () => options({ verbose: true }),
    value,
    `Unknown option "verbose" in "options"; known are: ${known}`,
  ],
  [
    '{ as: Filter }',
    () => options({ as: 'F' }),
    type,
    `The "options.as" argument must be of type object. Received 'F'`,
  ],
  [
    '{ btf: {} }',
    () => options({ btf: {} }),
    type,
    'The "options.btf" argument must be an instance of Btf or null. Received an instance of Object',
  ],
  [
    '{ allowUnsupportedMaps: 1 }',
    () => options({ allowUnsupportedMaps: 1 }),
    type,
    'The "options.allowUnsupportedMaps" argument must be of type boolean. Received 1',
  ],
  [
    "{ defaultMapPinDirectory: '' }",
    () => options({ defaultMapPinDirectory: '' }),
    value,
    `The argument "options.defaultMapPinDirectory" must not be empty. Received ''`,
  ],
  [
    '{ globals: [] }',
    () => options({ globals: 1 }),
    type,
    'The "options.globals" argument must be of type object. Received 1',
  ],
  [
    '{ globals: { marker: 7 } }',
    () => options({ globals: { marker: 7 } }),
    type,
    'globals.marker must be a bigint (__u64): write 7n, not 7',
  ],
  [
    "{ globals: { 'a\\0b': … } }",
    () => options({ globals: { 'a\0b': Buffer.alloc(8) } }),
    value,
    `The argument "options.globals" must be without null bytes. Received 'a\\x00b'`,
  ],
  [
    '{ mapMaxEntries: { packets: -1 } }',
    () => options({ mapMaxEntries: { packets: -1 } }),
    range,
    `The value of "options.mapMaxEntries.packets" ${u32}. Received -1`,
  ],
  [
    '{ mapMaxEntries: { packets: 2 ** 32 } }',
    () => options({ mapMaxEntries: { packets: 2 ** 32 } }),
    range,
    `The value of "options.mapMaxEntries.packets" ${u32}. Received 4294967296`,
  ],
  [
    "{ mapMaxEntries: { packets: '8' } }",
    () => options({ mapMaxEntries: { packets: '8' } }),
    type,
    `The "options.mapMaxEntries.packets" argument must be of type number. Received '8'`,
  ],
  [
    "{ mapPinPath: { packets: 'a\\0' } }",
    () => options({ mapPinPath: { packets: 'a\0' } }),
    value,
    `The argument "options.mapPinPath.packets" must be without null bytes. Received 'a\\x00'`,
  ],
  [
    "{ extensions: 'verdict' }",
    () => options({ extensions: 'verdict' }),
    type,
    `The "options.extensions" argument must be an instance of Array. Received 'verdict'`,
  ],
  [
    '{ extensions: [1] }',
    () => options({ extensions: [1] }),
    type,
    'The "options.extensions" argument must be of type string. Received 1',
  ],
  [
    '{ verifierLogLevel: 8 }',
    () => options({ verifierLogLevel: 8 }),
    range,
    'The value of "options.verifierLogLevel" is out of range. It must be an integer >= 0 && <= 7. Received 8',
  ],
]

const loader: Row[] = [
  [
    'btf(undefined)',
    () => new EbpfLoader().btf(wrong(undefined)),
    type,
    'The "btf" argument must be an instance of Btf or null. Received undefined',
  ],
  [
    "overrideGlobal('a', bytes)",
    () => new EbpfLoader().overrideGlobal('a', Buffer.alloc(1), wrong(undefined)),
    type,
    'The "mustExist" argument must be of type boolean. Received undefined',
  ],
  [
    "mapMaxEntries('a', 1.5)",
    () => new EbpfLoader().mapMaxEntries('a', 1.5),
    range,
    `The value of "maxEntries" ${u32}. Received 1.5`,
  ],
  [
    'extension(null)',
    () => new EbpfLoader().extension(wrong(null)),
    type,
    'The "name" argument must be of type string. Received null',
  ],
  [
    'verifierLogLevel(NaN)',
    () => new EbpfLoader().verifierLogLevel(NaN),
    range,
    'The value of "level" is out of range. It must be an integer >= 0 && <= 7. Received NaN',
  ],
]

misuse('Ebpf.', loading)
misuse('LoadOptions ', loadOptions)
misuse('EbpfLoader.', loader)
