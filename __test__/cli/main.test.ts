// `ayajs` itself: help, versions, mistakes on the command line, streams that somebody closes.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import test from 'ava'
import { ayajs, bin } from '../helpers/cli.ts'
import { fixturePath } from '../helpers/fixtures.ts'
import { read } from '../helpers/sources.ts'
import { main } from '../../dist/cli/main.js'
import { exitCodes } from '../../dist/cli/exit-codes.js'
import { allCommands } from '../../dist/cli/commands.js'

const object = fixturePath('typed_maps')
const { ok, failed, usage } = exitCodes

test('importing the command line runs nothing', (t) => {
  t.is(typeof main, 'function')
})

test('ayajs --version prints the version of the package', async (t) => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  t.deepEqual(await ayajs(['--version']), { code: ok.code, stdout: `${version}\n`, stderr: '' })
})

for (const flag of ['--help', '-h']) {
  test(`ayajs ${flag} lists every command with its summary`, async (t) => {
    const { code, stdout, stderr } = await ayajs([flag])
    t.is(code, ok.code)
    t.is(stderr, '')
    for (const { name, summary } of await allCommands()) t.regex(stdout, new RegExp(`^  ${name} +${summary}$`, 'm'))
  })
}

test('ayajs alone shows the help on stderr and is a mistake', async (t) => {
  const { code, stdout, stderr } = await ayajs([])
  t.is(code, usage.code)
  t.is(stdout, '')
  t.is(stderr, (await ayajs(['--help'])).stdout)
})

test('the help of each command tells its arguments, options and examples', async (t) => {
  for (const { name, operands, options, examples } of await allCommands()) {
    const { code, stdout } = await ayajs([name, '--help'])
    t.is(code, ok.code)
    t.true(stdout.startsWith(`Usage: ayajs ${name} ${operands.map((one) => one.name).join(' ')} [options]\n`))
    for (const option of Object.keys(options)) t.true(stdout.includes(`--${option}`), option)
    for (const { command, means } of examples) t.true(stdout.includes(`  ${command}\n      ${means}\n`), command)
    t.true(stdout.split('\n').every((line) => line.length <= 90))
    t.false(stdout.includes('\u001B'))
  }
})

const mistakes: [words: string[], complaint: RegExp][] = [
  [['typse', object], /^ayajs: unknown command typse; did you mean types\?\nTry: ayajs --help\n$/],
  [['frobnicate'], /^ayajs: unknown command frobnicate; there is: types, inspect\nTry: ayajs --help\n$/],
  [['constructor'], /^ayajs: unknown command constructor/],
  [[''], /^ayajs: unknown command ;/],
  [['\u001B[2J'], /^ayajs: unknown command \\x1b\[2J/],
  [['--versoin'], /^ayajs: unknown option --versoin; did you mean --version\?\nTry: ayajs --help\n$/],
  [['--help', 'types'], /^ayajs: options of a command stand behind it: ayajs types …\n/],
  [['types'], /^ayajs: OBJECT is missing: .*\nTry: ayajs types --help\n$/],
  [['types', object, 'other.o'], /^ayajs: unexpected argument "other.o"\nTry: ayajs types --help\n$/],
  [['types', ''], /^ayajs: an argument is empty\n/],
  [['types', object, '--chekc'], /^ayajs: unknown option --chekc; did you mean --check\?\nTry: ayajs types --help\n$/],
  [['types', object, '-x'], /^ayajs: unknown option -x; there is: --output, --name, --check, --verbose, --help\n/],
  [['types', object, '-o'], /^ayajs: Option '-o, --output <value>' argument missing\n/],
  [['types', object, '--check=yes'], /^ayajs: Option '--check' does not take an argument\n/],
  [['types', object, '-o', 'a.ts', '--output', 'b.ts'], /^ayajs: --output is given twice\n/],
  [['inspect', object, '--check'], /^ayajs: unknown option --check; there is: --json, --verbose, --help\n/],
  [['inspect', object, '--jsno'], /^ayajs: unknown option --jsno; did you mean --json\?\n/],
]

for (const [words, complaint] of mistakes) {
  const line = words.map((word) => (word === object ? 'OBJECT' : word)).join(' ')
  test(`ayajs ${JSON.stringify(line)} is refused as a mistake`, async (t) => {
    const { code, stdout, stderr } = await ayajs(words)
    t.regex(stderr, complaint)
    t.is(stdout, '')
    t.is(code, usage.code)
  })
}

test('words behind -- are no options', async (t) => {
  const { code, stderr } = await ayajs(['inspect', '--', '--json'])
  t.regex(stderr, /^ayajs: Cannot read --json: no such file or directory \(ENOENT\)\. \(ERR_EBPF_FILE\)\n$/)
  t.is(code, failed.code)
})

const writers = [
  ['--help'],
  ['types', '--help'],
  ['types', object, '-o', '-'],
  ['inspect', object],
  ['inspect', object, '--json'],
]

for (const words of writers) {
  const line = words.map((word) => (word === object ? 'OBJECT' : word)).join(' ')

  test(`ayajs ${line} ends well when nobody reads on`, async (t) => {
    const child = spawn(process.execPath, [bin, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const stderr: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    t.deepEqual(await once(child, 'close'), [ok.code, null])
    t.is(Buffer.concat(stderr).toString(), '')
  })

  test(`ayajs ${line} fails when its output cannot be written`, (t) => {
    const full = openSync('/dev/full', 'w')
    t.teardown(() => closeSync(full))
    const stdio = ['ignore' as const, full, 'pipe' as const]
    const { status, stderr } = spawnSync(process.execPath, [bin, ...words], { stdio, encoding: 'utf8' })
    t.is(stderr, 'ayajs: Cannot write the output: no space left on device (ENOSPC). (ERR_EBPF_FILE)\n')
    t.is(status, failed.code)
  })
}

test('headings are bold on a terminal, unless NO_COLOR or TERM=dumb asks for plain text', async (t) => {
  const shown = async (env: Record<string, string>): Promise<string> => {
    const written: string[] = []
    const stream = {
      isTTY: true,
      write: (text: string, done: () => void) => (written.push(text), done()),
      on: () => undefined,
    }
    t.is(await main(['--help'], { stdout: stream, stderr: stream, env }), ok.code)
    return written.join('')
  }
  t.true((await shown({})).startsWith('\u001B[1mUsage:\u001B[22m'))
  t.true((await shown({ NO_COLOR: '' })).startsWith('\u001B[1m'))
  t.true((await shown({ NO_COLOR: '1' })).startsWith('Usage:'))
  t.true((await shown({ TERM: 'dumb' })).startsWith('Usage:'))
})
