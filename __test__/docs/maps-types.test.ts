// The table of types in docs/maps.md, held against what the compiler wrote into a fixture.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { describeObject, writeTypes } from 'ayajs'
import { fixturePath } from '../helpers/fixtures.ts'
import { codeIn, tableBelow } from './tables.ts'

const object = readFileSync(fixturePath('types'))
const rows = tableBelow('docs/maps.md', 'Types')

/** The fields of each struct with their C types, as generated types tell them. */
const structs = [
  ...writeTypes(object, { file: 'types.bpf.o' }).matchAll(/^\/\*\* `([^`]+)`.*\nexport interface \w+ \{\n([^]*?)^}/gm),
].map(([, struct = '', body = '']) => ({
  struct,
  fields: [...body.matchAll(/^ {2}\/\*\* `([^`]+)`.*\n {2}(\w+)\??: /gm)].map(([, type = '', name = '']) => ({
    type,
    name,
  })),
}))

const globals = describeObject(object).globals

test('the table of types has every row that the page needs', (t) => {
  t.true(rows.length > 12)
})

for (const row of rows) {
  const expected = codeIn(row['TypeScript'])
  for (const [index, type] of codeIn(row['C']).entries()) {
    const kind = expected[index] ?? expected[0] ?? ''
    test(`docs/maps.md: ${type} is ${kind}`, (t) => {
      const values = valuesOf(type)
      t.true(values.length > 0, `the fixture has no ${type}`)
      for (const value of values) t.is(kindOf(value), kind)
    })
  }
}

/** The values that the object gives to fields of this type. */
function valuesOf(type: string): unknown[] {
  return globals.flatMap((global) => {
    const fields = structs.find(({ struct }) => struct === global.type)?.fields ?? []
    const value = global.value as Readonly<Record<string, unknown>>
    return fields.filter((field) => field.type === type).map(({ name }) => value[name])
  })
}

/** What TypeScript would say. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `${kindOf(value[0])}[]`
  return value instanceof Uint8Array ? 'Uint8Array' : typeof value
}
