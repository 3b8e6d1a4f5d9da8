// Runs the probe that tries which features the running kernel has; compiles it before when it is new (.cache/kernel-probe).

import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../lib/child.mjs'
import { cachePath, root } from '../lib/project.mjs'

const source = join(root, '__test__/helpers/kernel-probe.c')
const program = cachePath('kernel-probe')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!isProbeCurrent()) await compileProbe('kernel-probe')
  process.exitCode = spawnSync(program, { stdio: 'inherit' }).status ?? 1
}

export function isProbeCurrent() {
  return existsSync(program) && statSync(program).mtimeMs >= statSync(source).mtimeMs
}

/** Renamed when it is whole: tests may be running the old one. */
export async function compileProbe(log) {
  const unfinished = `${program}.${process.pid}`
  try {
    await run('clang-16', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', unfinished, source], { log })
    renameSync(unfinished, program)
  } finally {
    rmSync(unfinished, { force: true })
  }
}
