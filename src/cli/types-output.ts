// Which files `ayajs types` writes for one name that was given, and in which form.

import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { TypesFormat } from '../index.ts'
import { UsageError } from './usage-error.ts'

/** One file to write. */
export interface Output {
  readonly path: string
  readonly format: TypesFormat
}

/** The files that go with a name, the one that was named last. */
export function outputsFor(path: string): readonly Output[] {
  if (path === '-') return [{ path, format: 'typescript' }]
  const ending = /\.(?:d\.)?[cm]?[jt]s$/.exec(path)?.[0] ?? ''
  const rule = Object.hasOwn(rules, ending) ? rules[ending] : undefined
  if (rule === undefined) throw refused(path, ending)
  if (rule.declarations === undefined) return [{ path, format: 'typescript' }]
  const declarations = path.slice(0, -ending.length) + rule.declarations
  const format = rule.format ?? formatByPackage(path)
  return [
    { path: declarations, format: 'declarations' },
    { path, format },
  ]
}

/** An ending → the ending of the declarations beside it, where there are some, and what kind of module it is. */
const rules: Readonly<Record<string, { readonly declarations?: string; readonly format?: TypesFormat }>> = {
  '.ts': {},
  '.mts': {},
  '.js': { declarations: '.d.ts' },
  '.mjs': { declarations: '.d.mts', format: 'esm' },
  '.cjs': { declarations: '.d.cts', format: 'commonjs' },
}

function refused(path: string, ending: string): UsageError {
  if (ending.startsWith('.d.')) {
    const script = path.slice(0, -ending.length) + ending.slice(2).replace('ts', 'js')
    return new UsageError(`${path} comes by itself with ${script}: name that`, 'types')
  }
  if (ending === '.cts') {
    const script = path.replace(/ts$/, 'js')
    return new UsageError(`the types cannot be written as CommonJS TypeScript: name ${script}, or a .mts`, 'types')
  }
  return new UsageError(`${path} must end in ${Object.keys(rules).join(', ')}, or be - for stdout`, 'types')
}

/** A `.js` is what the nearest package.json says, as for Node. */
function formatByPackage(path: string): TypesFormat {
  let folder = dirname(resolve(path))
  for (;;) {
    const type = packageType(join(folder, 'package.json'))
    if (type !== undefined) return type === 'module' ? 'esm' : 'commonjs'
    const parent = dirname(folder)
    if (parent === folder) return 'commonjs'
    folder = parent
  }
}

/** `type` of a package.json, `''` where that has none; nothing where there is no such file. */
function packageType(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined // No such file, most of the time; and Node looks further up as well.
  }
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type ?? ''
  } catch {
    throw new UsageError(`${path} is no JSON, so that it is unclear what .js is: name a .mjs or a .cjs`, 'types')
  }
}
