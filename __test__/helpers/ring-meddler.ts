// Somebody else who has a ring buffer and writes to the position of its reader: a program in C, because Node maps no memory.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

/** What it has compiled, until the test ends. */
export interface Meddler {
  /** Moves the position of the reader by so many bytes, which may be negative. */
  readonly move: (bytes: bigint) => void
  /** Puts the position of the reader there. */
  readonly set: (position: bigint) => void
  /**
   * The error numbers, 0 for none, of mapping the ring writable: the reader's position, the writer's with the data, the
   * data alone; and of making a mapping of those writable that was not.
   */
  readonly mappingErrors: () => readonly number[]
}

/** Compiles it, for the ring of `size` bytes that is pinned at `pin`. */
export function startMeddler(t: ExecutionContext, { pin, size }: { pin: string; size: number }): Meddler {
  const folder = mkdtempSync(join(tmpdir(), 'ayajs-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'ring-meddler')
  const source = fileURLToPath(new URL('ring-meddler.c', import.meta.url))
  execFileSync('clang-16', ['-O1', '-Wall', '-Werror', '-o', program, source])
  const run = (...words: readonly string[]): string =>
    execFileSync(program, [pin, `${size}`, ...words], { encoding: 'utf8' })
  return {
    move: (bytes) => void run('add', `${BigInt.asUintN(64, bytes)}`),
    set: (position) => void run('set', `${BigInt.asUintN(64, position)}`),
    mappingErrors: () => run('map').trim().split(' ').map(Number),
  }
}
