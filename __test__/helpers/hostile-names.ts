// Objects whose names somebody has chosen who means no good: a fixture with its strings replaced.
import { readFileSync } from 'node:fs'
import { fixturePath } from './fixtures.ts'

/** Name in typed_maps.bpf.o → what it is called instead. No longer than the old one: offsets must stay. */
export const hostileNames: Readonly<Record<string, string>> = {
  // Structs, unions and enums.
  flow_key: '*/}//\n`',
  point_t: '_',
  Array: '1;\r\n"',
  hash_map: 'ObjectT',
  // Members.
  protocol: '__proto_',
  packets: '*/ a//',
  bytes: "';'",
  mac: '`${',
  flattened: '\u202E"\\\'\u2028',
  version: '0x1',
  length: ' ',
  history: '"a"',
  // Constants of enums.
  VERDICT_UNKNOWN: '__proto__',
  VERDICT_DROP: "'+evil()+'",
  STATE_ON: '\0',
  // Maps, programs, globals.
  numbers: 'a\nb',
  shapes: 'get',
  count: '*/x',
  limit: '\\u{}',
  origin: '\x1B[2J',
  enabled: 'new',
}

/** typed_maps.bpf.o with these names. */
export function hostileObject(): Buffer {
  const object = readFileSync(fixturePath('typed_maps'))
  for (const [from, to] of Object.entries(hostileNames)) replace(object, `\0${from}\0`, `\0${to}\0`)
  return object
}

/** In all tables of strings: those of BTF and of ELF. */
function replace(bytes: Buffer, from: string, to: string): void {
  const [old, fresh] = [Buffer.from(from), Buffer.alloc(Buffer.byteLength(from))]
  if (fresh.write(to) !== Buffer.byteLength(to)) throw new Error(`${JSON.stringify(to)} is too long`)
  let found = 0
  for (let at = bytes.indexOf(old); at >= 0; at = bytes.indexOf(old, at + 1)) {
    fresh.copy(bytes, at)
    found++
  }
  if (found === 0) throw new Error(`there is no ${JSON.stringify(from)}`)
}
