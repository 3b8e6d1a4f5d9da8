// Text for people: columns, headings, and names from objects, which must not steer a terminal.

import type { Io, Output } from './command.ts'
import { fileError } from './file-error.ts'

/** Rows as aligned columns, two spaces apart, without trailing spaces. */
export function columns(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, index) => cell.padEnd(index === row.length - 1 ? 0 : (widths[index] ?? 0))).join('  ')
  return rows.map((row) => `${indent}${line(row)}`.trimEnd() + '\n').join('')
}

/** Text from an object, safe to print: control characters are escaped, as are those that reverse or hide text. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** Makes a heading bold, where a person looks at it and has not set `NO_COLOR` (https://no-color.org). */
export function heading(text: string, stream: Output, { env }: Io): string {
  const plain = stream.isTTY !== true || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb'
  return plain ? text : `\u001B[1m${text}\u001B[22m`
}

/** Writes text, and waits until it is written. That nobody reads on, as in `ayajs … | head -1`, is no failure. @throws {EbpfError} `ERR_EBPF_FILE` */
export async function print(stream: Output, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error || ('code' in error && error.code === 'EPIPE')) resolve()
      else reject(fileError('Cannot write the output', error))
    })
  })
}
