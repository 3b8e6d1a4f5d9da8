// Hashes of file contents (git resets modification times), and the walk over the repository that they share with others.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './project.mjs'

const notOurs = new Set(['.cache', '.git', 'dist', 'node_modules', 'target'])

/** One hash over the files named (folders: all below) with their names, and over the given texts. */
export function contentHash(paths, texts = []) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesBelow)) {
    const content = readFileSync(join(root, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  for (const text of texts) hash.update(`\0${text}`)
  return hash.digest('hex')
}

/** Files at or below a path relative to the root, sorted, without what is installed or built; none when it is absent. */
export function filesBelow(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  if (!stat) return []
  if (!stat.isDirectory()) return [path]
  return readdirSync(join(root, path))
    .filter((name) => !notOurs.has(name))
    .sort()
    .flatMap((name) => filesBelow(path === '.' ? name : join(path, name)))
}
