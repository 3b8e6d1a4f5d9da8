// Packs this package and its binding as npm would publish them, and installs them into an empty project.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { root } from './sources.ts'

export interface Tarball {
  path: string
  files: { path: string; size: number }[]
}

export interface Result {
  status: number | null
  stdout: string
  stderr: string
}

/** Packs the package into a folder that goes away with the test. */
export function packPackage(t: ExecutionContext): Tarball {
  return pack(t, root)
}

/** Packs the binding that was built here, as the platform's package. */
export function packBinding(t: ExecutionContext): Tarball {
  const folder = temporaryFolder(t)
  cpSync(join(root, 'npm', platform()), folder, { recursive: true })
  cpSync(bindingPath(), join(folder, basename(bindingPath())))
  return pack(t, folder)
}

/** A project of its own that has the tarballs installed, without the network. */
export function install(t: ExecutionContext, ...tarballs: Tarball[]): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund']
  run(t, folder, 'npm', 'install', ...options, ...tarballs.map(({ path }) => path))
  return folder
}

/** Runs a program to its end in a folder and wants it to succeed. */
export function run(t: ExecutionContext, cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = attempt(cwd, command, ...args)
  t.is(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** Runs a program to its end, without the settings of the npm and the ava that run us. */
export function attempt(cwd: string, command: string, ...args: string[]): Result {
  const env = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|OXC_)/i.test(name))
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: Object.fromEntries(env),
    encoding: 'utf8',
  })
  if (error) throw error
  return { status, stdout, stderr }
}

/** Runs a program of our node_modules. */
export function runTool(t: ExecutionContext, cwd: string, tool: string, ...args: string[]): string {
  return run(t, cwd, process.execPath, join(root, 'node_modules/.bin', tool), ...args)
}

/** The built addon. */
export function bindingPath(): string {
  const name = readdirSync(root).find(
    (file) => file.startsWith(`ayajs.linux-${process.arch}-`) && file.endsWith('.node'),
  )
  if (name === undefined) throw new Error('no addon has been built: npm run build:addon')
  return join(root, name)
}

/** As in the names of packages: `linux-x64-gnu`. */
export function platform(): string {
  return basename(bindingPath()).split('.')[1] ?? ''
}

function pack(t: ExecutionContext, folder: string): Tarball {
  const destination = temporaryFolder(t)
  const output = run(t, folder, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', destination)
  const [packed] = JSON.parse(output) as [{ filename: string; files: Tarball['files'] }]
  return { path: join(destination, packed.filename), files: packed.files }
}

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ayajs-package-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}
