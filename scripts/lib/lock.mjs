// A lock between runs of the scripts: a folder that only one can make, with the holder's pid inside.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cachePath, giveToOwner } from './project.mjs'

const pollMs = 200

/** Runs `work` while no other process holds the lock of this name; tells `say` once when it has to wait. */
export async function withLock(name, say, work) {
  const folder = cachePath(`${name}.lock`)
  await acquire(folder, () => say(`waiting for process ${holder(folder)?.pid} (.cache/${name}.lock)`))
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }

  function release() {
    const released = `${folder}.${process.pid}`
    renameSync(folder, released) // At once, for whoever waits.
    rmSync(released, { recursive: true })
  }
}

async function acquire(folder, onWait) {
  for (let told = false; !publish(folder) && !takeOver(folder); await sleep(pollMs)) {
    if (!told) onWait()
    told = true
  }
}

/** Renames a prepared folder into place, which fails when a lock is there: a lock is never seen without its pid. */
function publish(folder) {
  const mine = `${folder}.${process.pid}`
  rmSync(mine, { recursive: true, force: true })
  mkdirSync(mine)
  writePid(mine)
  for (const path of [mine, join(mine, 'pid')]) giveToOwner(path)
  try {
    renameSync(mine, folder)
    return true
  } catch (error) {
    rmSync(mine, { recursive: true })
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false
    throw error
  }
}

/** Makes the lock of a dead process ours. Of several that try, one makes the inner folder; it looks at the pid again. */
function takeOver(folder) {
  if (!isHeldByDead(folder)) return false
  const inner = join(folder, 'taking-over')
  try {
    mkdirSync(inner)
  } catch (error) {
    if (error.code === 'EEXIST') removeWhenOld(inner)
    else if (error.code !== 'ENOENT') throw error
    return false
  }
  const taken = isHeldByDead(folder)
  if (taken) writePid(folder)
  rmSync(inner, { recursive: true, force: true })
  return taken
}

function removeWhenOld(inner) {
  const stat = statSync(inner, { throwIfNoEntry: false })
  if (stat && Date.now() - stat.mtimeMs > 10_000) rmSync(inner, { recursive: true, force: true })
}

function writePid(folder) {
  const temporary = join(folder, `pid.${process.pid}`)
  writeFileSync(temporary, `${process.pid} ${startTime(process.pid)}`)
  renameSync(temporary, join(folder, 'pid'))
}

function holder(folder) {
  try {
    const [pid, start] = readFileSync(join(folder, 'pid'), 'utf8').split(' ')
    return { pid: Number(pid), start }
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function isHeldByDead(folder) {
  const found = holder(folder)
  return found !== null && startTime(found.pid) !== found.start
}

/** Field 22 of /proc/<pid>/stat, which tells a process from a later one of the same pid; '' when there is none alive. */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? '' : fields[19]
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return ''
    throw error
  }
}
