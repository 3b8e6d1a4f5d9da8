// `examples/flood.ts` as a child process: no event is lost that was not counted.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { root } from '../helpers/sources.ts'

leaveNothingBehind(test)

const options = { cwd: root, env: { ...process.env, OXC_TSCONFIG_PATH: 'examples/tsconfig.json' } }

test('flood: what the programs have seen is what was delivered and what was counted as lost', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, 'examples/flood.ts'], options)
  const [, produced, delivered, lost] =
    /^produced (\d+) = delivered (\d+) \+ lost (\d+)\n/.exec(stdout)?.map(Number) ?? []
  t.true(stdout.endsWith('✔ to the last packet\n'), stdout)
  t.is(produced, (delivered ?? 0) + (lost ?? 0))
  t.is(produced, 40_000, 'each of 20,000 datagrams is sent and received')
  t.true((delivered ?? 0) > 0)
  t.true((lost ?? 0) > 0)
})

test('flood: a command that sends nothing makes no event, and its status is that of the example', async (t) => {
  const args = [...process.execArgv, 'examples/flood.ts', 'sh', '-c', 'exit 3']
  const error = await t.throwsAsync(promisify(execFile)(process.execPath, args, options), {
    any: true,
    code: 3,
  } as never)
  t.is((error as unknown as { stdout: string }).stdout, 'produced 0 = delivered 0 + lost 0\n✔ to the last packet\n')
})
