// Rules of the house that no linter knows: where unsafe code lives, that no panic gets out, what a file begins with and how long it is.
import test from 'ava'
import { filesBelow, read } from '../helpers/sources.ts'

const rust = filesBelow('crates', '.rs')
const typescript = ['src', '__test__', 'examples', 'benchmark', 'fuzz', 'soak'].flatMap((folder) =>
  filesBelow(folder, '.ts'),
)
const scripts = ['scripts', 'benchmark', 'bin'].flatMap((folder) => filesBelow(folder, '.mjs', '.js'))
const inC = ['bpf', '__test__', 'examples', 'benchmark', 'fuzz'].flatMap((folder) => filesBelow(folder, '.c', '.h'))
const written = (path: string): boolean => !path.endsWith('.bpf.ts')

/** The fuzzer counts what is allocated, and an allocator is unsafe by its trait. It is not part of the addon. */
const mayBeUnsafe = ['crates/ayajs/src/sys/', 'crates/fuzz/src/allocator.rs']

test('unsafe code is in crates/ayajs/src/sys only', (t) => {
  const files = rust.filter((path) => /\bunsafe\b/.test(withoutComments(read(path))))
  t.true(files.length > 0, 'none found: does the search still see it?')
  t.deepEqual(
    files.filter((path) => !mayBeUnsafe.some((place) => path.startsWith(place))),
    [],
  )
})

test('every function that the addon exports runs inside the guard', (t) => {
  const functions = rust.flatMap((path) =>
    exportedFunctions(withoutComments(read(path))).map((found) => ({ path, ...found })),
  )
  t.true(functions.length > 20, `only ${functions.length} found: does the search still see them?`)
  const unguarded = functions.filter(({ body }) => !/\bguard\(/.test(body) && !onlyBuilds.test(body))
  t.deepEqual(
    unguarded.map(({ path, name }) => `${path}: ${name}`),
    [],
  )
})

test('the first line of every source file says what it is for', (t) => {
  const silent = [...rust, ...typescript, ...scripts, ...inC].filter((path) => {
    const [first = '', second = ''] = read(path).split('\n')
    return !/^(?:\/\/!?|\/\*) ?\S/.test(first.startsWith('#!') ? second : first)
  })
  t.deepEqual(silent, [])
})

/** Bodies that need no guard: a value is made, a task that has its own guard is handed to libuv. */
const onlyBuilds = /^(?:Self::default\(\)|AsyncTask::new\([^;{}|?]*\))$/

const budgets: { title: string; files: string[]; lines: number }[] = [
  { title: 'TypeScript', files: typescript.filter(written), lines: 250 },
  { title: 'JavaScript', files: scripts, lines: 250 },
  { title: 'Rust', files: rust, lines: 400 },
  { title: 'eBPF C', files: inC.filter((path) => path.endsWith('.bpf.c')), lines: 200 },
]

for (const { title, files, lines } of budgets) {
  test(`no ${title} file is longer than ${lines} lines`, (t) => {
    const long = files.filter((path) => read(path).trimEnd().split('\n').length > lines)
    t.deepEqual(long, [])
  })
}

/** Functions under `#[napi]` but for the one that napi calls when it loads the addon, with the text between their braces. */
function exportedFunctions(text: string): { name: string; body: string }[] {
  const heads = text.matchAll(
    /#\[napi(?:\((?!module_exports)[^\]]*\))?\]\s*(?:#\[[^\]]*\]\s*)*pub (?:unsafe |async )*fn (\w+)/g,
  )
  return [...heads].map((head) => ({ name: head[1] ?? '', body: bodyAfter(text, head.index) }))
}

/** The text between the first `{` that ends a line and the `}` that belongs to it. */
function bodyAfter(text: string, from: number): string {
  const start = text.slice(from).search(/\{\s*\n/) + from + 1
  let depth = 1
  let end = start
  for (; depth > 0 && end < text.length; end++) {
    if (text[end] === '{') depth++
    if (text[end] === '}') depth--
  }
  return text.slice(start, end - 1).trim()
}

function withoutComments(text: string): string {
  return text.replace(/\/\/.*$|\/\*[^]*?\*\//gm, '')
}
