// `bpf_core_type_matches`: whether a kernel's type has all that the object's has, with the same types.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Btf } from 'ayajs'
import { fixturePath, loaded, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { packet } from '../helpers/rings.ts'
import { typesOf } from '../helpers/types-of.ts'

leaveNothingBehind(test)

/** By program of matching.bpf.c; the types are those of matching_types.bpf.c. */
const answers: readonly [program: string, matches: boolean, what: string][] = [
  ['same', true, 'the same struct'],
  ['fewer_fields', true, 'a struct of which the object has fewer fields'],
  ['more_fields', false, 'a struct of which the object has more fields'],
  ['another_order', true, 'a struct with its fields in another order'],
  ['another_type', false, 'a field of another type'],
  ['another_sign', false, 'a field with another sign'],
  ['another_length', false, 'an array of another length'],
  ['older', true, 'a struct that the object has in several versions'],
  ['absent', false, 'a struct that is not there'],
  ['now_a_struct', false, 'a struct where the object has a union'],
  ['within', true, 'a struct within a struct'],
  ['within_another', false, 'another struct within a struct'],
  ['unnamed', true, 'fields within a union without a name'],
  ['points_to_declared', true, 'a pointer to what the object only declares'],
  ['points_to_other', false, 'a pointer to a struct where the object declares a union'],
  ['calls', true, 'a pointer to a function'],
  ['calls_with_more', false, 'a pointer to a function with more parameters'],
  ['list', true, 'a struct that points to itself'],
  ['fewer_values', true, 'an enumeration with other numbers, and one value more'],
  ['more_values', false, 'an enumeration that lacks a value'],
  ['wider', false, 'an enumeration of more bits'],
  ['of_typedef', true, 'what a typedef names'],
]

for (const [program, matches, what] of answers) {
  test(`${what} ${matches ? 'matches' : 'does not match'}`, (t) => {
    const btf = Btf.parse(typesOf(readFileSync(fixturePath('matching_types'))))
    const bpf = openFixture(t, 'matching', { btf })
    t.is(loaded(bpf, program).testRun({ packet }).returnValue, matches ? 1 : 0)
  })
}

test('every program of the fixture is in the table', (t) => {
  const names = Array.from(openFixture(t, 'matching').programs(), ([name]) => name)
  t.deepEqual(names.sort(), answers.map(([program]) => program).sort())
})
