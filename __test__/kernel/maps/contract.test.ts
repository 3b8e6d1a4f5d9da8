// The contract of map classes, held by every class and every type that it is for.
import test from 'ava'
import * as ayajs from 'ayajs'
import { mapClasses } from '../../../dist/btf/map-classes.js'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { mapContract } from '../../helpers/map-contract.ts'
import { mapRows } from '../../helpers/map-rows.ts'

leaveNothingBehind(test)

test('every class of maps that is exported has a row in the table', (t) => {
  const exported = (Object.values(ayajs) as unknown[]).filter(isMapClass)
  t.true(exported.length >= 15)
  const missing = exported.filter((mapClass) => !mapRows.some((row) => row.mapClass === mapClass))
  t.deepEqual(
    missing.map(({ name }) => name),
    [],
  )
})

test('every type of map whose class is exported has a row in the table', (t) => {
  const missing = mapClasses.filter(({ className, mapType }) => {
    const isHere = className !== 'BytesMap' && Object.hasOwn(ayajs, className)
    return isHere && !mapRows.some((row) => row.mapType === mapType && row.mapClass.name === className)
  })
  t.deepEqual(missing, [])
})

for (const row of mapRows) mapContract(test, row)

function isMapClass(value: unknown): value is (typeof mapRows)[number]['mapClass'] {
  return typeof value === 'function' && value.prototype instanceof ayajs.MapBase
}
