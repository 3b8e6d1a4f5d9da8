// Names from objects as names in TypeScript.
import test from 'ava'
import {
  commented,
  keyName,
  objectName,
  propertyName,
  quoted,
  TypeNames,
  typeName,
} from '../../../../dist/btf/writer/names.js'

const typeNames: [c: string, typescript: string][] = [
  ['flow_key', 'FlowKey'],
  ['flow', 'Flow'],
  ['__sk_buff', 'SkBuff'],
  ['point_t', 'Point'],
  ['_t', 'T'],
  ['FlowKey', 'FlowKey'],
  ['HTTP_header', 'HTTPHeader'],
  ['in6_addr', 'In6Addr'],
  ['3d_point', '_3dPoint'],
  ["a'; process.exit() //", 'AProcessExit'],
  ['größe', 'GrE'],
  ['Key<[u8; 4]>', 'Key'],
  ['HashMap_3C_u32_2C__20_u64_3E_', 'HashMap'],
  ['', ''],
  ['*/', ''],
]

for (const [c, typescript] of typeNames) {
  test(`a type that C calls ${JSON.stringify(c)} is ${JSON.stringify(typescript)}`, (t) => {
    t.is(typeName(c), typescript)
  })
}

const objectNames: [file: string, name: string][] = [
  ['filter.bpf.o', 'Filter'],
  ['egress_filter.bpf.o', 'EgressFilter'],
  ['my-filter.o', 'MyFilter'],
  ['filter', 'Filter'],
  ['.bpf.o', ''],
]

for (const [file, name] of objectNames) {
  test(`the object ${file} is ${JSON.stringify(name)}`, (t) => t.is(objectName(file), name))
}

test('TypeNames.take gives each name once, and names that are taken a suffix', (t) => {
  const names = new TypeNames(['HashMap'])
  t.is(names.take(['flow'], 'Struct'), 'Flow')
  t.is(names.take(['Flow'], 'Struct'), 'FlowStruct')
  t.is(names.take(['flow_t'], 'Union'), 'FlowUnion')
  t.is(names.take(['FLOW'], 'Enum'), 'FLOW')
  t.is(names.take(['flow'], 'Struct'), 'FlowStruct2')
  t.is(names.take(['hash_map'], 'Struct'), 'HashMapStruct')
  t.is(names.take(['HashMap'], 'Struct'), 'HashMapStruct2')
  t.is(names.take(['uint8_array'], 'Enum'), 'Uint8ArrayEnum')
  t.is(names.take([''], 'Struct'), 'Struct')
  t.is(names.take(['*'], 'Struct'), 'Struct2')
  t.is(names.take(['*', 'flows_key'], 'Struct'), 'FlowsKey')
})

const properties: [name: string, written: string][] = [
  ['daddr', 'daddr'],
  ['$_1', '$_1'],
  ['class', 'class'],
  ['constructor', 'constructor'],
  ['1st', "'1st'"],
  ['', "''"],
  ['a-b', "'a-b'"],
  ["it's", '"it\'s"'],
  [`both ' and "`, `'both \\' and "'`],
  [`'' and "`, `"'' and \\""`],
  ['back\\slash', "'back\\\\slash'"],
  ['line\nbreak', "'line\\u000abreak'"],
  ['\u2028', "'\\u2028'"],
  ['\u202Etxt', "'\\u202etxt'"],
  ['größe', "'größe'"],
  ['😀', "'😀'"],
  ['\uD800', "'\\ud800'"],
  ['${x}`', "'${x}`'"],
]

for (const [name, written] of properties) {
  test(`a property ${JSON.stringify(name)} is written ${JSON.stringify(written)}`, (t) => {
    t.is(propertyName(name), written)
    if (written === name) return
    // Nothing but data: what is written means the name again.
    const meant: unknown = JSON.parse(quoted(name).startsWith("'") ? toJson(written) : written)
    t.is(meant, name)
  })
}

test('a key __proto__ of an object is a property, not the prototype', (t) => {
  t.is(keyName('__proto__'), "['__proto__']")
  t.is(propertyName('__proto__'), '__proto__')
})

test('a text in a comment does not end it, and stays on its line', (t) => {
  t.is(commented('a */ b'), 'a *\\/ b')
  t.is(commented('a\nb\u2029c'), 'a\\u000ab\\u2029c')
})

function toJson(singleQuoted: string): string {
  return `"${singleQuoted.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"')}"`
}
