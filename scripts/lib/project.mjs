// Where the clone is, who owns it, and .cache/, in which the scripts remember what they did.

import { execFileSync } from 'node:child_process'
import { lchownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

export const isRoot = process.getuid?.() === 0

/** `{ uid, gid, name, home }` when root works in somebody else's clone (sudo): whatever is built belongs to that user. */
export const owner = isRoot ? ownerOfClone() : null

/** PATH, and the folders of system tools (bpftool, what dpkg calls), which that of an ordinary user lacks, also under sudo. */
export function pathFolders() {
  const given = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...new Set([...given, '/usr/sbin', '/sbin'])]
}

/** The path of a file in .cache/, whose folder exists from then on. */
export function cachePath(name) {
  const folder = join(root, '.cache')
  if (mkdirSync(folder, { recursive: true }) !== undefined) giveToOwner(folder)
  return join(folder, name)
}

/** The text of a file in .cache/, '' when there is none. */
export function readCache(name) {
  try {
    return readFileSync(cachePath(name), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return ''
    throw error
  }
}

export function writeCache(name, text) {
  const path = cachePath(name)
  writeFileSync(path, text)
  giveToOwner(path)
}

export function giveToOwner(path) {
  if (owner) lchownSync(path, owner.uid, owner.gid)
}

function ownerOfClone() {
  const { uid } = statSync(root)
  if (uid === 0) return null
  try {
    const [name, , , gid, , home] = execFileSync('getent', ['passwd', String(uid)], { encoding: 'utf8' })
      .trim()
      .split(':')
    return { uid, gid: Number(gid), name, home }
  } catch {
    return null // A bare uid, as of a folder mounted into a container: there is nobody to build as.
  }
}
