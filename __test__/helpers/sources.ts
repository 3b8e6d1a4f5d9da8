// The files of this repository, for tests that read sources.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, without a slash at its end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** The text of a file, named relative to the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The files below a folder whose names end so, relative to the root, sorted; none when the folder is absent. */
export function filesBelow(folder: string, ...endings: string[]): string[] {
  if (!statSync(join(root, folder), { throwIfNoEntry: false })) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => endings.some((ending) => path.endsWith(ending)) && !/(^|\/)(node_modules|target)\//.test(path))
    .map((path) => join(folder, path))
    .sort()
}
