// What walks over maps are to JavaScript: generators, however they are made.
import test from 'ava'
import { HashMap } from 'ayajs'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { makeTypedHash, numbered } from '../../helpers/map-kit.ts'

leaveNothingBehind(test)

for (const name of ['keys', 'values', 'entries'] as const) {
  const three = (t: Parameters<typeof makeTypedHash>[0]): Generator<unknown, void, undefined> => {
    const hash = makeTypedHash(t)
    hash.setAll(numbered(3))
    return hash[name]()
  }

  test(`${name}() ends when it has given everything, and stays at its end`, (t) => {
    const walk = three(t)
    for (let index = 0; index < 3; index++) t.false(walk.next().done)
    for (let index = 0; index < 2; index++) t.deepEqual(walk.next(), { done: true, value: undefined })
  })

  test(`${name}() goes on where a loop was not the first to read`, (t) => {
    const walk = three(t)
    walk.next()
    t.is([...walk].length, 2)
    t.is(walk[Symbol.iterator](), walk)
  })

  test(`${name}() is over after return, throw, and a loop that was left`, (t) => {
    const [returned, thrown, left, unread] = [three(t), three(t), three(t), three(t)]
    returned.next()
    t.deepEqual(returned.return(), { done: true, value: undefined })
    thrown.next()
    const reason = new Error('enough')
    t.is(
      t.throws(() => thrown.throw(reason)),
      reason,
    )
    for (const one of left) if (one !== undefined) break
    unread.return()
    for (const walk of [returned, thrown, left, unread]) t.deepEqual(walk.next(), { done: true, value: undefined })
  })

  test(`${name}() is over after it has failed`, (t) => {
    const hash = HashMap.create({ keySize: 4, valueSize: 4, maxEntries: 8 })
    const walk = hash[name]()
    hash.close()
    t.throws(() => walk.next(), { code: 'ERR_EBPF_CLOSED' })
    t.deepEqual(walk.next(), { done: true, value: undefined })
  })

  test(`${name}() has what iterators inherit`, (t) => {
    const prototype: unknown = Object.getPrototypeOf(Object.getPrototypeOf([].values()))
    const walk = three(t)
    t.true(Object.prototype.isPrototypeOf.call(prototype as object, walk))
    t.is(String(walk), '[object Generator]')
  })
}
