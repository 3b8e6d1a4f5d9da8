// Runs other programs quietly: output goes to .cache/<log>.log, and an interrupt stops them before we leave.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, delimiter } from 'node:path'
import { cachePath, giveToOwner, owner, pathFolders, root } from './project.mjs'

const running = new Set()
let leaving = false

/** A program that could not be started or did not end with 0; `output` is what it printed. */
export class CommandFailed extends Error {
  constructor(command, args, status, { stdout, stderr }) {
    super(`${[basename(command), ...args].join(' ')} ended with ${status}`)
    this.stdout = stdout
    this.output = stdout + stderr
  }
}

/**
 * Runs a program to its end and returns `{ stdout, stderr }` (all in `stdout` unless `split`); throws CommandFailed unless
 * it ends with 0. It runs as the owner of the clone unless `asRoot`.
 */
export async function run(command, args, { log, asRoot = false, split = false, cwd = root, env = {} }) {
  const out = openLog(`${log}.log`)
  const err = split ? openLog(`${log}.stderr.log`) : out
  const child = spawn(command, args, {
    cwd,
    env: { ...childEnv(asRoot), ...env },
    stdio: ['ignore', out.fd, err.fd],
    detached: true, // A group of its own, so that an interrupt reaches all of it, once, from us.
    ...(asRoot ? {} : asOwner()),
  })
  const status = await ending(child)
  for (const { fd } of new Set([out, err])) closeSync(fd)
  if (leaving) await new Promise(() => {})
  const output = { stdout: readFileSync(out.path, 'utf8'), stderr: split ? readFileSync(err.path, 'utf8') : '' }
  if (status !== 0) throw new CommandFailed(command, args, status, output)
  return output
}

/** The spawn options that make a child belong to the owner of the clone. */
export function asOwner() {
  return owner ? { uid: owner.uid, gid: owner.gid } : {}
}

/** How to call npm: the one that called us, else the one in PATH. */
export function npm(...args) {
  const caller = process.env.npm_execpath ?? ''
  return basename(caller) === 'npm-cli.js' ? [process.execPath, [caller, ...args]] : ['npm', args]
}

/** The environment without what npm adds to it, which would change how a nested npm behaves, and with a full PATH. */
export function childEnv(asRoot = false) {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) && name !== 'NODE_ENV')
  const identity = owner && !asRoot ? { HOME: owner.home, USER: owner.name, LOGNAME: owner.name } : {}
  return { ...Object.fromEntries(entries), PATH: pathFolders().join(delimiter), ...identity }
}

/** From now on SIGINT, SIGTERM and SIGHUP stop the children first and leave by way of `exit`; returns how to undo this. */
export function leaveOnSignals() {
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [signal, () => leave(signal)])
  for (const [signal, handler] of handlers) process.on(signal, handler)
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}

async function leave(signal) {
  if (leaving) return
  leaving = true
  await Promise.all([...running].map((child) => stop(child, signal)))
  process.exit(128 + constants.signals[signal])
}

async function ending(child) {
  running.add(child)
  try {
    const [code, signal] = await once(child, 'close')
    return signal ?? code
  } catch (error) {
    return error.message
  } finally {
    running.delete(child)
  }
}

async function stop(child, signal) {
  const ended = once(child, 'close')
  killGroup(child, signal)
  const deadline = setTimeout(killGroup, 10_000, child, 'SIGKILL')
  await ended
  clearTimeout(deadline)
}

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

function openLog(name) {
  const path = cachePath(name)
  const fd = openSync(path, 'w')
  giveToOwner(path)
  return { fd, path }
}
