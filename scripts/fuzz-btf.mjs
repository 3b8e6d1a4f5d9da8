// `npm run fuzz:btf`: builds src/, then runs fuzz/btf/main.ts with the arguments given.

import { spawnSync } from 'node:child_process'
import { root } from './lib/project.mjs'

const command = ['--import', '@oxc-node/core/register', 'fuzz/btf/main.ts', ...process.argv.slice(2)]
const env = { ...process.env, OXC_TSCONFIG_PATH: 'fuzz/btf/tsconfig.json' }

process.exitCode = run('npm', ['run', '--silent', 'build:ts']) || run(process.execPath, command)

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, env, stdio: 'inherit' })
  if (error) throw error
  return status ?? 1
}
