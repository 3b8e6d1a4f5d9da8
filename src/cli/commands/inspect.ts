// `ayajs inspect`: says what is in an object.

import { inspect as show } from 'node:util'
import { describeObject, type MapDescription, type ObjectDescription, type TypeDescription } from '../../index.ts'
import type { Command, Given, Io } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readObjectFile } from '../files.ts'
import { naming } from '../naming.ts'
import { columns, heading, print, printable } from '../text.ts'

/** The command. */
export const inspect: Command = {
  name: 'inspect',
  summary: 'Show what is in an object: programs, maps, globals',
  description: [
    'Reads an eBPF object and shows its programs with their sections, its maps with the types and sizes of their keys and values, its global variables, and its licence. It needs neither Linux nor any privilege, and nothing is loaded.',
    'With `--json` it prints one object on one line: what `describeObject` of the library returns, with 64-bit numbers as decimal strings, bytes as arrays of numbers, and floating-point numbers that JSON has no word for as strings.',
  ],
  operands: [{ name: 'OBJECT', means: 'An eBPF object file, such as filter.bpf.o.' }],
  options: { json: { means: 'Print one object of JSON.' } },
  examples: [
    { command: 'ayajs inspect filter.bpf.o', means: 'Shows tables of programs, maps and globals.' },
    { command: "ayajs inspect filter.bpf.o --json | jq -r '.maps[].name'", means: 'Lists the names of the maps.' },
  ],
  run,
}

async function run({ operands: [path = ''], flags }: Given, io: Io): Promise<number> {
  const data = readObjectFile(path)
  const object = naming(path, () => describeObject(data))
  await print(io.stdout, flags.has('json') ? `${json(object)}\n` : text(path, object, io))
  return exitCodes.ok.code
}

function json(object: ObjectDescription): string {
  return JSON.stringify(object, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (value instanceof Uint8Array) return [...value]
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
    return value
  })
}

function text(path: string, object: ObjectDescription, io: Io): string {
  const { license, btf, programs, maps, globals } = object
  const facts = [
    ['licence', license === null ? 'none' : printable(license)],
    ['types (BTF)', btf ? 'yes' : 'no: compile it with clang -g; in Rust with debug = 2 and --btf'],
    ['fingerprint', object.fingerprint],
  ]
  const tables: [title: string, rows: string[][]][] = [
    ['Programs', programs.map(({ name, section, kind, unsupported }) => [name, section, shownKind(kind, unsupported)])],
    ['Maps', maps.flatMap((map) => mapRows(map, ''))],
    [
      'Globals',
      globals.map((one) => [one.name, one.section, shownType(one), one.readonly ? 'const' : '', shownValue(one.value)]),
    ],
  ]
  const parts = tables.filter(([, rows]) => rows.length > 0)
  return [
    `${heading(printable(path), io.stdout, io)}\n${columns(facts)}`,
    ...parts.map(([title, rows]) => `${heading(title, io.stdout, io)}\n${columns(withHead(title, rows))}`),
  ].join('\n')
}

function shownKind(kind: string, unsupported: string | null): string {
  return unsupported === null ? kind : `${kind} (cannot be loaded: ${unsupported})`
}

const heads: Readonly<Record<string, readonly string[]>> = {
  Programs: ['NAME', 'SECTION', 'KIND'],
  Maps: ['NAME', 'TYPE', 'KEY', 'VALUE', 'ENTRIES', 'FLAGS'],
  Globals: ['NAME', 'SECTION', 'TYPE', 'ACCESS', 'AT THE START'],
}

function withHead(title: string, rows: readonly string[][]): (readonly string[])[] {
  return [heads[title] ?? [], ...rows.map((row) => row.map((cell) => printable(cell) || '-'))]
}

function mapRows({ name, mapType, key, value: type, maxEntries, ...map }: MapDescription, indent: string): string[][] {
  const flags = [...map.flagNames.map((flag) => flag.replace('BPF_F_', '')), ...(map.pinned ? ['pinned by name'] : [])]
  const row = [indent + name, mapType, shownType(key), shownType(type), String(maxEntries), flags.join(', ')]
  return [row, ...(map.inner === null ? [] : mapRows(map.inner, `${indent}  `))]
}

function shownType(type: TypeDescription | null): string {
  if (type === null) return ''
  return type.type === null ? `${type.size} bytes` : `${type.type} (${type.size})`
}

/** On one line, and no longer than a line. */
function shownValue(initial: unknown): string {
  const line = show(initial, {
    compact: true,
    breakLength: Infinity,
    depth: 4,
    maxArrayLength: 16,
    maxStringLength: 64,
    colors: false,
  })
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}
