// The public API as a list, public-api.txt beside this file: a change of it shows in the diff. To write it anew: AYAJS_BLESS=1.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as ayajs from 'ayajs'
import { filesBelow, read, root } from '../helpers/sources.ts'

const list = '__test__/unit/public-api.txt'
const bless = `AYAJS_BLESS=1 npx ava __test__/unit/public-api.test.ts`

test('the public API is as public-api.txt lists it', (t) => {
  const found = exported().sort(byName).flatMap(describe).join('\n')
  if (process.env['AYAJS_BLESS']) writeFileSync(join(root, list), `${found}\n`)
  t.is(`${found}\n`, read(list), `If the change is meant, write the list anew: ${bless}`)
})

test('no type of the public API is any', (t) => {
  const offending = filesBelow('dist', '.d.ts').flatMap((path) =>
    withoutComments(read(path))
      .split('\n')
      .filter((line) => /\bany\b/.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  )
  t.deepEqual(offending, [])
})

/** What dist/index.d.ts exports, in its words: `Ebpf`, `type Cgroup`. */
function exported(): string[] {
  const statements = read('dist/index.d.ts').matchAll(/^export (type )?\{([^}]*)\}/gm)
  return [...statements].flatMap(([, type = '', names = '']) => namesIn(names).map((name) => `${type}${name}`))
}

function namesIn(statement: string): string[] {
  const names = statement.split(',').map((name) => name.trim())
  return names.filter((name) => name !== '') // A list over several lines ends with a comma.
}

function byName(a: string, b: string): number {
  const [first = '', second = ''] = [a, b].map((name) => name.replace('type ', '').toLowerCase())
  return first < second ? -1 : 1
}

function describe(name: string): string[] {
  if (name.startsWith('type ')) return [name]
  const value: unknown = (ayajs as Record<string, unknown>)[name]
  if (typeof value === 'function' && !String(value).startsWith('class')) return [`function ${name}`]
  return typeof value === 'function'
    ? describeClass(name, value)
    : [`const ${name}`, ...lines('', Object.keys(value as object))]
}

/** A class: what it has itself, the fields that its types tell of, its objects' methods and accessors. */
function describeClass(name: string, value: Function): string[] {
  const parent = (Object.getPrototypeOf(value) as Function).name
  const builtIn: PropertyKey[] = ['length', 'name', 'prototype']
  const statics = Reflect.ownKeys(value).filter((key) => !builtIn.includes(key))
  const members = Reflect.ownKeys(value.prototype as object).filter((key) => key !== 'constructor')
  return [
    `class ${name}${parent === '' ? '' : ` extends ${parent}`}`,
    ...lines('static ', statics),
    ...lines('readonly ', fieldsOf(name)),
    ...lines('', members),
  ]
}

function lines(kind: string, keys: readonly PropertyKey[]): string[] {
  return keys.map((key) => `  ${kind}${text(key)}`).sort()
}

function text(key: PropertyKey): string {
  // Node 20 and 24 describe it differently.
  if (key === Symbol.dispose) return '[Symbol.dispose]'
  return typeof key === 'symbol' ? `[${key.description}]` : String(key)
}

function fieldsOf(name: string): string[] {
  const path = filesBelow('dist', '.d.ts').find((file) =>
    new RegExp(`^export declare class ${name}\\b`, 'm').test(read(file)),
  )
  const source = path === undefined ? '' : withoutComments(read(path))
  const body = new RegExp(`^export declare class ${name}\\b[^]*?^\\}`, 'm').exec(source)?.[0] ?? ''
  return [...body.matchAll(/^ {4}readonly (\w+)\??:/gm)].map(([, field = '']) => field)
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\//g, '')
}
