// The fuzzers of src/btf, for a moment each; `npm run fuzz:btf` runs them for as long as it is told to. And what they hold against code.
import test from 'ava'
import { checkCodec, checkFile } from '../../../fuzz/btf/skeleton.ts'
import { runCase, targets } from '../../../fuzz/btf/targets.ts'

/** Target → how many cases take about a second. */
const cases: Readonly<Record<string, number>> = { objects: 200, values: 300, types: 300, names: 300, bombs: 15 }

test('every target of the fuzzer is tried here', (t) => {
  t.deepEqual(Object.keys(cases), Object.keys(targets))
})

for (const [target, count] of Object.entries(cases)) {
  test(`${count} cases of the fuzz target "${target}" hold`, (t) => {
    for (let seed = 0; seed < count; seed++) {
      t.notThrows(() => runCase(target, seed), `npm run fuzz:btf -- --target ${target} --seed ${seed} --cases 1`)
    }
  })
}

const good = `function decode0(v, b, o) { return { "it's \\" + evil() + \\"": v.getUint8(o), ["__proto__"]: readBytes(b, o + 1, 2) } }`

const injected: [what: string, code: string][] = [
  ['a call', `function decode0(v, b, o) { return { "": evil() } }`],
  ['a member of an object', `x0 = globalThis.process`],
  ['a template', 'x0 = `${1}`'],
  ['a comment', `x0 = 1 // decode0`],
  ['a comment in the middle', `x0 = 1 /* decode0 */`],
  ['a regular expression', `x0 = /x/`],
  ['an escaped word', String.raw`x0 = \u0065val`],
  ['a text that does not end', `x0 = "abc`],
  ['a text that ends too early', `x0 = "abc"def"`],
  ['a text of several lines', `x0 = "abc\ndef"`],
  ['a new statement', `x0 = ""; eval("")`],
]

test('the code of a codec may have any names in its texts', (t) => {
  t.notThrows(() => checkCodec(good))
})

for (const [what, code] of injected) {
  test(`the fuzzers see ${what} in the code of a codec`, (t) => {
    t.throws(() => checkCodec(code))
  })
}

const lines: [what: string, text: string][] = [
  ['a statement', `evil()`],
  ['a call as a value', `  A: evil(),`],
  ['a statement behind a definition', `export interface A {}; evil()`],
  ['a statement behind a comment', `/** a */ evil()`],
  ['a comment of several lines', `/** a\nevil() */`],
  ['a template', '  `a`: 1,'],
  ['a computed name', `  [evil]: 1,`],
  ['a text that does not end', `  'a: 1,`],
  ['another import', `import 'evil'`],
]

for (const [what, text] of lines) {
  test(`the fuzzers see ${what} in a generated file`, (t) => {
    t.throws(() => checkFile(text))
  })
}
