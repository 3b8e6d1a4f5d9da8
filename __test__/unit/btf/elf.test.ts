// Files that are no objects, or not whole: refused with the section and the offset.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { readObject } from '../../../dist/btf/engine.js'
import { fixturePath } from '../../helpers/fixtures.ts'

const whole = Uint8Array.from(readFileSync(fixturePath('maps')))
const view = new DataView(whole.buffer)
const headers = Number(view.getBigUint64(40, true))
const count = view.getUint16(60, true)

/** The object with some bytes replaced. */
function changed(offset: number, ...bytes: number[]): Uint8Array {
  const copy = whole.slice()
  copy.set(bytes, offset)
  return copy
}

/** Where the header of the section with this name begins. */
function header(name: string): number {
  const at = (index: number): number => headers + index * 64
  const names = Number(view.getBigUint64(at(view.getUint16(62, true)) + 24, true))
  for (let index = 1; index < count; index++) {
    const start = names + view.getUint32(at(index), true)
    const found = Buffer.from(whole.subarray(start, whole.indexOf(0, start))).toString()
    if (found === name) return at(index)
  }
  throw new Error(`no section ${name}`)
}

/** Where the content of a section begins. */
const content = (name: string): number => Number(view.getBigUint64(header(name) + 24, true))

const large = [255, 255, 255, 255, 255, 255, 255, 127]

const refused: [title: string, bytes: Uint8Array, message: RegExp][] = [
  ['an empty file', new Uint8Array(), /cannot be read: it is not an ELF file/],
  ['text', new TextEncoder().encode('#!/bin/sh\n'.repeat(10)), /not an ELF file/],
  ['a file that ends in the ELF header', whole.slice(0, 63), /it ends after 63 bytes, within the ELF header/],
  ['a 32-bit file', changed(4, 1), /not a 64-bit ELF file/],
  ['an unknown byte order', changed(5, 3), /its byte order 3 is unknown/],
  ['an executable', changed(16, 2), /no relocatable object \(ELF type 2\)/],
  ['an object for x86', changed(18, 62), /for another machine \(ELF machine 62\)/],
  ['no section headers', changed(40, 0, 0, 0, 0, 0, 0, 0, 0), /at offset 0x28: there are no section headers/],
  ['section headers behind the file', changed(40, 0, 0, 0, 1), /table of section headers|The ELF header is malformed/],
  ['section headers at 2 ** 63', changed(40, ...large), /is no offset or size/],
  ['section headers of another size', changed(58, 40), /section headers have 64 bytes, not 40/],
  ['more section headers than there are', changed(60, 255, 254), /table of section headers is malformed/],
  ['names in a section that is not there', changed(62, 200), /section 200, which should hold names, is not there/],
  [
    'a section that is cut off',
    changed(header('.BTF') + 24 + 2, 1),
    /section 9 \(".BTF"\) is cut off: it lies at offset/,
  ],
  ['a section of 2 ** 63 bytes', changed(header('.data') + 32, ...large), /is no offset or size/],
  [
    'a .bss of a terabyte',
    changed(header('.bss') + 32, 0, 0, 0, 0, 0, 1),
    /section 7 \(".bss"\) has 1099511627776 bytes/,
  ],
  ['a section name outside', changed(header('.data'), 255, 255), /Section 1 \(names\) is malformed at offset 0xffff/],
  ['half a symbol', changed(header('.symtab') + 32, 25), /\.symtab.* is no multiple of the size of a symbol/],
  [
    'a symbol in no section',
    changed(content('.symtab') + 24 * 7 + 6, 99),
    /\.symtab.*at offset 0xae: there is no section 99/,
  ],
  ['a symbol name outside', changed(content('.symtab') + 24 * 7, 255, 255), /is malformed at offset 0xffff/],
]

for (const [title, bytes, message] of refused) {
  test(`${title} is refused`, (t) => {
    t.throws(() => readObject(bytes), { code: 'ERR_EBPF_PARSE', message })
  })
}

test('every prefix of an object is refused', (t) => {
  for (let length = 0; length < whole.length; length += 7) {
    t.throws(() => readObject(whole.slice(0, length)), { code: 'ERR_EBPF_PARSE' })
  }
})

test('types of another byte order than the object are refused', (t) => {
  const swapped = changed(content('.BTF'), 0xeb, 0x9f)
  t.throws(() => readObject(swapped), { code: 'ERR_EBPF_BTF' })
})

test('a variable that lies outside of its section is refused', (t) => {
  const symbols = content('.symtab')
  const moved = changed(symbols + 24 * 8 + 8, 1) // step, in .data
  t.throws(() => readObject(moved), {
    code: 'ERR_EBPF_BTF',
    message: /variable "step" \(8 bytes at 1\) lies outside of/,
  })
})

test('a licence without end is refused', (t) => {
  const endless = changed(content('license') + 12, 65)
  t.throws(() => readObject(endless), { code: 'ERR_EBPF_PARSE', message: /"license".* a name has no end/ })
})

test('a second table of symbols is refused', (t) => {
  const second = changed(header('.llvm_addrsig') + 4, 2, 0, 0, 0)
  t.throws(() => readObject(second), { code: 'ERR_EBPF_PARSE', message: /it has 2 tables of symbols/ })
})

test('a licence may be missing', (t) => {
  const names = content('.strtab')
  const at = Buffer.from(whole.subarray(names)).indexOf('_license\0')
  t.is(readObject(changed(names + at + 1, 88)).license, undefined)
})
