// The soaks for some seconds each: nothing grows, the figures are printed, and SIGINT ends them cleanly.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { read, root } from '../helpers/sources.ts'

leaveNothingBehind(test)

const { flags, env } = JSON.parse(read('soak/command.json')) as { flags: string[]; env: Record<string, string> }

interface Result {
  readonly code: number | null
  readonly line: string
  readonly stderr: string
}

/** Runs soak/main.ts as scripts/soak.mjs does; `interrupt` sends SIGINT as soon as it measures. */
async function soak(t: ExecutionContext, args: readonly string[], { interrupt = false } = {}): Promise<Result> {
  const child = spawn(process.execPath, [...flags, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    if (interrupt && stderr.includes('warmed up')) child.kill('SIGINT')
  })
  const [code] = await ended
  return { code, line: stdout.trimEnd(), stderr }
}

const flat = /descriptors \+?-?0, RSS [+-][\d.]+ MiB, kernel objects \+0/

const shortForms: readonly [title: string, args: readonly string[], counted: RegExp][] = [
  [
    'events: what floods produce is delivered or counted as lost',
    ['events', '--cycles', '35'],
    /\d+ produced, \d+ delivered, \d+ lost$/,
  ],
  ['lifecycle: load, attach, traffic, detach, close', ['lifecycle', '--cycles', '500'], / 50 failing loads$/],
  ['lifecycle in workers that end without closing', ['lifecycle', '--cycles', '150', '--workers', '4'], /\d+ workers$/],
  [
    'kill: what is left of killed processes is removed',
    ['kill', '--cycles', '8'],
    /left attached.*left pinned.*left nothing/,
  ],
]

for (const [title, args, counted] of shortForms) {
  test(`${title}; nothing grows`, async (t) => {
    const { code, line, stderr } = await soak(t, args)
    t.is(code, 0, stderr)
    t.regex(line, flat)
    t.regex(line, counted)
    t.log(line)
  })
}

test('SIGINT ends a soak after the cycle that runs, with the figures so far', async (t) => {
  const { code, line, stderr } = await soak(t, ['lifecycle', '--minutes', '10'], { interrupt: true })
  t.is(code, 0, stderr)
  t.regex(line, /^lifecycle: [1-9]\d* cycles .* \(interrupted\)$/)
})

test('misuse is told with the usage, and exit code 2', async (t) => {
  const { code, line, stderr } = await soak(t, ['events', '--minutes', 'long'])
  t.is(code, 2)
  t.is(line, '')
  t.regex(stderr, /--minutes is a number .*\n\nusage: npm run soak/)
})
