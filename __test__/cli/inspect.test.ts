// `ayajs inspect`: tables for people, one object for programs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { describeObject, type ObjectDescription } from 'ayajs'
import { ayajs, emptyFolder } from '../helpers/cli.ts'
import { fixturePath } from '../helpers/fixtures.ts'
import { readFileSync } from 'node:fs'

test('ayajs inspect shows programs, maps and globals in tables', async (t) => {
  const { code, stdout, stderr } = await ayajs(['inspect', fixturePath('typed_maps')])
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const rows = [
    /^ {2}licence {6}Dual MIT\/GPL$/m,
    /^ {2}types \(BTF\) {2}yes$/m,
    /^ {2}fingerprint {2}[0-9a-f]{32}$/m,
    /^Programs\n {2}NAME {3}SECTION {12}KIND\n {2}count {2}cgroup_skb\/egress {2}CgroupSkb\n {2}pass {3}xdp {16}Xdp$/m,
    /^ {2}flows +Hash +struct flow_key \(16\) +struct flow \(48\) +1024 +NO_PREALLOC$/m,
    /^ {2}\.rodata +Array +4 bytes +12 bytes +1 +RDONLY_PROG$/m,
    /^ {2}limit +\.rodata +__u32 \(4\) +const +100$/m,
    /^ {2}label +\.rodata +char\[8\] \(8\) +const +'typed'$/m,
    /^ {2}total +\.bss +__u64 \(8\) +- +0n$/m,
  ]
  for (const row of rows) t.regex(stdout, row)
  t.notRegex(stdout, / $/m)
  t.false(stdout.includes('\u001B'))
})

test('ayajs inspect shows values of several members on one line', async (t) => {
  const { stdout } = await ayajs(['inspect', fixturePath('types')])
  t.regex(stdout, /^ {2}scalars .* const +\{ u8: 255, s8: -128, u16: 65535, .*…$/m)
  t.false(stdout.includes('\\x'))
})

test('ayajs inspect leaves out what only states the type of records', async (t) => {
  const { stdout } = await ayajs(['inspect', fixturePath('ring')])
  t.regex(stdout, /^ {2}record_size /m)
  t.notRegex(stdout, /_record/)
})

test('ayajs inspect shows the maps that a map of maps holds', async (t) => {
  const { stdout } = await ayajs(['inspect', fixturePath('map_types')])
  t.regex(stdout, /^ {2}array_of_maps +ArrayOfMaps +.*\n {4}array_of_maps\.inner +Hash +struct key \(8\)/m)
})

test('ayajs inspect tells of maps that are pinned, and of objects without types', async (t) => {
  t.regex((await ayajs(['inspect', fixturePath('pinned')])).stdout, /pinned by name$/m)
  t.regex((await ayajs(['inspect', fixturePath('no_btf')])).stderr, /compile it with -g/)
})

test('ayajs inspect gives up on a file without an end', async (t) => {
  const { code, stdout, stderr } = await ayajs(['inspect', '/dev/zero'])
  t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  t.is(stderr, 'ayajs: Cannot read /dev/zero: it is larger than 1 GiB. (ERR_EBPF_FILE)\n')
})

test('ayajs inspect --json prints what describeObject gives, on one line', async (t) => {
  for (const name of ['typed_maps', 'map_types', 'kinds', 'big_endian']) {
    const { code, stdout, stderr } = await ayajs(['inspect', fixturePath(name), '--json'])
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    t.is(stdout.split('\n').length, 2)
    t.deepEqual(JSON.parse(stdout), plain(describeObject(readFileSync(fixturePath(name)))))
  }
})

test('in JSON, 64-bit numbers are decimal strings and bytes are arrays', async (t) => {
  const { stdout } = await ayajs(['inspect', fixturePath('typed_maps'), '--json'])
  const { globals, maps } = JSON.parse(stdout) as ObjectDescription
  t.like(
    globals.find(({ name }) => name === 'total'),
    { type: '__u64', size: 8, section: '.bss', readonly: false, value: '0' },
  )
  t.like(
    globals.find(({ name }) => name === 'last_key'),
    { value: { dport: 0, _pad: [0, 0, 0] } },
  )
  t.like(
    maps.find(({ name }) => name === 'flows'),
    {
      mapType: 'Hash',
      key: { size: 16, type: 'struct flow_key' },
      value: { size: 48, type: 'struct flow' },
      maxEntries: 1024,
      mapFlags: 1,
      flagNames: ['BPF_F_NO_PREALLOC'],
      mapExtra: '0',
      pinned: false,
      inner: null,
    },
  )
})

const bad: [title: string, content: string | Uint8Array, complaint: RegExp][] = [
  ['an empty file', '', /: The object cannot be read: it is not an ELF file\..* \(ERR_EBPF_PARSE\)\n$/],
  ['a text', 'int main() {}\n', /: The object cannot be read: it is not an ELF file\..* \(ERR_EBPF_PARSE\)\n$/],
  ['half an object', readFileSync(fixturePath('typed_maps')).subarray(0, 2000), /\(ERR_EBPF_PARSE\)\n$/],
]

for (const command of ['inspect', 'types']) {
  for (const [title, content, complaint] of bad) {
    test(`ayajs ${command} of ${title} fails, names the file and says what is wrong`, async (t) => {
      const path = join(emptyFolder(t), 'bad.bpf.o')
      writeFileSync(path, content)
      const { code, stdout, stderr } = await ayajs([command, path])
      t.true(stderr.startsWith(`ayajs: ${path}: `), stderr)
      t.regex(stderr, complaint)
      t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    })
  }

  test(`ayajs ${command} of a file that is not there, and of a directory, fails and names it`, async (t) => {
    const folder = emptyFolder(t)
    const missing = await ayajs([command, join(folder, 'absent.bpf.o')])
    t.is(missing.code, 1)
    t.is(
      missing.stderr,
      `ayajs: Cannot read ${folder}/absent.bpf.o: no such file or directory (ENOENT). (ERR_EBPF_FILE)\n`,
    )
    const directory = await ayajs([command, folder])
    t.is(directory.code, 1)
    t.is(directory.stderr, `ayajs: Cannot read ${folder}: illegal operation on a directory (EISDIR). (ERR_EBPF_FILE)\n`)
  })

  test(`ayajs ${command} --verbose tells what lies behind a failure`, async (t) => {
    const { code, stderr } = await ayajs([command, join(emptyFolder(t), 'absent.bpf.o'), '--verbose'])
    t.regex(stderr, /\[cause\]: Error: ENOENT: no such file or directory, open/)
    t.is(code, 1)
  })
}

/** As JSON has it. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
}
