// The command `ayajs`, run to its end as a process.
import { spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { deadlineMs } from './poll.ts'
import { root } from './sources.ts'

/** The file that package.json calls `ayajs`. */
export const bin = join(root, 'bin/ayajs.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `ayajs` with these words; one that does not end in time is killed, and has no code. */
export async function ayajs(
  words: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env'> = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [bin, ...words], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(late)
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}

/** An empty folder that goes away with the test. */
export function emptyFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ayajs-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}
