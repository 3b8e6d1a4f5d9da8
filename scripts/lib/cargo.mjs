// Finds cargo: in the home of the owner of the clone when root builds for them, in PATH, in CARGO_HOME, in the home of the caller.

import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { owner, pathFolders } from './project.mjs'

export const rustMissing = `no Rust found (cargo). This installs it:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y`

/** The environment in which cargo and its tools are found, or null when there is no cargo. */
export function cargoEnv() {
  const hasCargo = (folder) => isExecutable(join(folder, 'cargo'))
  const folder = folders().find(hasCargo)
  if (folder === undefined) return null
  const isFound = pathFolders().find(hasCargo) === folder
  return isFound ? {} : { PATH: [folder, ...pathFolders()].join(delimiter) }
}

/** The path of a program that is in PATH. */
export function findProgram(name) {
  return pathFolders()
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function folders() {
  const home = process.env.CARGO_HOME ?? join(homedir(), '.cargo')
  const callers = [...pathFolders(), join(home, 'bin')]
  return owner ? [join(owner.home, '.cargo/bin'), ...callers] : callers
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
