// The programs in C: what has libbpf load objects, and what writes down what a loader has the kernel make.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Tools {
  /** A library for LD_PRELOAD. */
  readonly recorder: string
  readonly libbpf: string
}

const packages = 'on Debian and Ubuntu: apt-get install gcc libbpf-dev'

/** Compiles both into a folder. */
export function makeTools(folder: string): Tools {
  mkdirSync(folder, { recursive: true })
  const tools: Tools = { recorder: join(folder, 'recorder.so'), libbpf: join(folder, 'libbpf') }
  compile('recorder.c', ['-shared', '-fPIC', '-o', tools.recorder], ['-ldl'])
  compile('libbpf.c', ['-o', tools.libbpf], ['-lbpf'])
  return tools
}

function compile(source: string, output: readonly string[], libraries: readonly string[]): void {
  const path = fileURLToPath(new URL(source, import.meta.url))
  const args = ['-O2', '-Wall', '-Wextra', '-Werror', ...output, path, ...libraries]
  const { error, status, stderr } = spawnSync('cc', args, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`cc cannot be run (${error.message}); ${packages}`)
  if (status !== 0) throw new Error(`${source} does not compile; ${packages}\n${stderr}`)
}
