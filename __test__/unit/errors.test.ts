// The table of error codes, held against the codes that are thrown; and what an EbpfError is made of.
import { inspect } from 'node:util'
import test from 'ava'
import { EbpfError, errorCodes, type EbpfErrorDetails } from 'ayajs'
import { filesBelow, read } from '../helpers/sources.ts'

const codes = Object.keys(errorCodes)
const nodeCodes = ['ERR_ILLEGAL_CONSTRUCTOR', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE']

/** The rows of `codes!` in the crate: Rust's name and the code. */
const rustCodes = [...read('crates/ayajs/src/error.rs').matchAll(/^ {4}(\w+) = "(ERR_\w+)",$/gm)].map(
  ([, variant = '', code = '']) => ({ variant, code }),
)

test('every code that the crate can throw is in the table, or is one of Node', (t) => {
  t.true(rustCodes.length > 15, `only ${rustCodes.length} found: does the search still see them?`)
  t.deepEqual(
    rustCodes.filter(({ code }) => !codes.includes(code) && !nodeCodes.includes(code)),
    [],
  )
})

test('every code in the table is thrown somewhere', (t) => {
  const typescript = texts('src', '.ts', 'src/errors.ts')
  const rust = texts('crates', '.rs', 'crates/ayajs/src/error.rs')
  const isThrown = (code: string): boolean => {
    const { variant } = rustCodes.find((row) => row.code === code) ?? {}
    // `closed`, `busy` and `internal` of error.rs make three of them.
    const makers: Record<string, RegExp> = {
      Closed: /Error::closed\(/,
      Busy: /Error::busy\(/,
      Internal: /Error::internal\(/,
    }
    const inRust = variant !== undefined && (rust.includes(`Code::${variant}`) || makers[variant]?.test(rust))
    return inRust === true || new RegExp(`EbpfError\\(\\s*'${code}'`).test(typescript)
  }
  t.deepEqual(
    codes.filter((code) => !isThrown(code)),
    [],
  )
})

test('every code that the sources name is in the table, or is one of Node', (t) => {
  const named = new Set(
    texts('src', '.ts')
      .match(/\bERR_[A-Z_]+/g)
      ?.concat(texts('crates', '.rs').match(/\bERR_[A-Z_]+/g) ?? []),
  )
  t.deepEqual(
    [...named].filter((code) => !codes.includes(code) && !nodeCodes.includes(code) && code !== 'ERR_'),
    [],
  )
})

test('the codes are in alphabetical order, and begin with ERR_EBPF_', (t) => {
  t.deepEqual(codes, [...codes].sort())
  t.true(codes.every((code) => /^ERR_EBPF_[A-Z_]+$/.test(code)))
})

test('every code says in one sentence what it means and in one what to do', (t) => {
  for (const [code, { means, remedy }] of Object.entries(errorCodes)) {
    t.regex(means, /^[A-Z][^]*[.?]$/, code)
    t.regex(remedy, /^[A-Z][^]*[.?]$/, code)
  }
})

test('an EbpfError has its code, message and details, and no property that was not given', (t) => {
  const details = { syscall: 'open', errno: -2, errnoName: 'ENOENT', path: '/nowhere' } satisfies EbpfErrorDetails
  const error = new EbpfError('ERR_EBPF_FILE', 'Cannot open it.', details)
  t.true(error instanceof Error)
  t.is(`${error}`, 'EbpfError: Cannot open it.')
  t.deepEqual({ ...error }, { code: 'ERR_EBPF_FILE', ...details })
  t.false('cause' in error)
  t.false('verifierLog' in error)
})

test('an EbpfError without details has none', (t) => {
  const error = new EbpfError('ERR_EBPF_CLOSED', 'Closed.')
  t.deepEqual(Object.keys(error), ['code'])
})

test('the cause of an EbpfError is not listed among its properties, as with any error', (t) => {
  const cause = new Error('below')
  const error = new EbpfError('ERR_EBPF_FILE', 'Above.', { cause })
  t.is(error.cause, cause)
  t.false(Object.keys(error).includes('cause'))
})

test('a verifier log can be read, but is not printed', (t) => {
  const error = new EbpfError('ERR_EBPF_LOAD', 'Refused.', { verifierLog: 'line\n'.repeat(1000) })
  t.is(error.verifierLog?.length, 5000)
  t.notRegex(inspect(error), /line/)
})

test('the name of an EbpfError stands on its prototype, not on each error', (t) => {
  t.is(Object.getOwnPropertyDescriptor(EbpfError.prototype, 'name')?.value, 'EbpfError')
  t.false(Object.keys(new EbpfError('ERR_EBPF_CLOSED', '')).includes('name'))
})

function texts(folder: string, ending: string, but = ''): string {
  return filesBelow(folder, ending)
    .filter((path) => path !== but)
    .map(read)
    .join('\n')
}
