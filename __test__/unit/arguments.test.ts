// Checks of arguments: what passes, and the words for what does not.
import { runInNewContext } from 'node:vm'
import test from 'ava'
import * as built from '../../dist/arguments.js'
import type * as source from '../../src/arguments.ts' // The built types leave out what is internal.

const {
  checkBoolean,
  checkBytes,
  checkInteger,
  checkName,
  checkObject,
  checkOneOf,
  checkOptions,
  checkPath,
  illegalConstructor,
  notInstance,
} = built as unknown as typeof source

const text = new TextEncoder()

/** Options may be made by a class. */
class Settings {
  get a(): number {
    return 1
  }
}

/** As another copy of the package has them. */
class MapBase {
  readonly name = 'flows'
}
class HashMap extends MapBase {}

test('checkPath gives strings and bytes back as they are, and file URLs as paths', (t) => {
  const bytes = text.encode('/tmp/ü')
  t.is(checkPath('path', '/tmp/a b'), '/tmp/a b')
  t.is(checkPath('path', bytes), bytes)
  t.is(checkPath('path', new URL('file:///tmp/a%20b')), '/tmp/a b')
})

test('checkBytes gives a Uint8Array back as it is, and views of whatever else has bytes', (t) => {
  const bytes = Uint8Array.of(1, 2, 3, 4)
  t.is(checkBytes('data', bytes), bytes)
  t.deepEqual(checkBytes('data', bytes.buffer), bytes)
  t.deepEqual(checkBytes('data', new DataView(bytes.buffer, 1, 2)), Uint8Array.of(2, 3))
})

test('checkInteger takes both ends of its range', (t) => {
  t.is(checkInteger('n', 0, 0, 7), 0)
  t.is(checkInteger('n', 7, 0, 7), 7)
})

test('what is right comes back as it is', (t) => {
  const object = {}
  t.is(checkName('name', 'egress'), 'egress')
  t.is(checkName('name', ''), '')
  t.is(checkBoolean('flag', false), false)
  t.is(checkOneOf('type', 'a', ['a', 'b']), 'a')
  t.is(checkObject('options', object), object)
  t.notThrows(() => checkOptions('options', { a: 1 }, ['a', 'b']))
  t.notThrows(() => checkOptions('options', Object.create(null), ['a']))
  t.notThrows(() => checkOptions('options', runInNewContext('({})'), ['a']))
  t.notThrows(() => checkOptions('options', new Settings(), ['a']))
})

const cases: { title: string; run: () => unknown; error: typeof Error; code: string; message: string }[] = [
  {
    title: 'checkPath refuses other types',
    run: () => checkPath('path', 7),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "path" argument must be of type string or an instance of Uint8Array or URL. Received 7',
  },
  {
    title: 'checkPath refuses an empty path',
    run: () => checkPath('path', new Uint8Array()),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: 'The argument "path" must not be empty. Received an instance of Uint8Array',
  },
  {
    title: 'checkPath refuses a null byte in a string',
    run: () => checkPath('path', '/tmp\0'),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: `The argument "path" must be without null bytes. Received '/tmp\\x00'`,
  },
  {
    title: 'checkPath refuses a null byte in bytes',
    run: () => checkPath('path', text.encode('a\0')),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: 'The argument "path" must be without null bytes. Received an instance of Uint8Array',
  },
  {
    title: 'checkPath refuses a null byte that a URL hides',
    run: () => checkPath('path', new URL('file:///a%00b')),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: 'The argument "path" must be without null bytes. Received an instance of URL',
  },
  {
    title: 'checkBytes refuses arrays of numbers',
    run: () => checkBytes('data', [1]),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message:
      'The "data" argument must be an instance of Uint8Array, ArrayBuffer or DataView. Received an instance of Array',
  },
  {
    title: 'checkBytes refuses typed arrays whose elements are no bytes',
    run: () => checkBytes('data', new Uint16Array(1)),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message:
      'The "data" argument must be an instance of Uint8Array, ArrayBuffer or DataView. Received an instance of Uint16Array',
  },
  {
    title: 'checkInteger refuses strings',
    run: () => checkInteger('n', '7', 0, 7),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: `The "n" argument must be of type number. Received '7'`,
  },
  ...[-1, 8, 0.5, NaN, Infinity].map((value) => ({
    title: `checkInteger refuses ${value} where 0 to 7 are right`,
    run: () => checkInteger('n', value, 0, 7),
    error: RangeError,
    code: 'ERR_OUT_OF_RANGE',
    message: `The value of "n" is out of range. It must be an integer >= 0 && <= 7. Received ${value}`,
  })),
  {
    title: 'checkName refuses null bytes',
    run: () => checkName('name', '\0'),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: `The argument "name" must be without null bytes. Received '\\x00'`,
  },
  {
    title: 'checkBoolean refuses what is only truthy',
    run: () => checkBoolean('flag', 1),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "flag" argument must be of type boolean. Received 1',
  },
  {
    title: 'checkOneOf lists what is allowed',
    run: () => checkOneOf('type', 'c', ['a', 'b']),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: `The argument "type" must be one of: 'a', 'b'. Received 'c'`,
  },
  {
    title: 'checkObject refuses null',
    run: () => checkObject('options', null),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "options" argument must be of type object. Received null',
  },
  {
    title: 'checkOptions names the nearest known key',
    run: () => checkOptions('options', { repat: 1 }, ['packet', 'repeat']),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: 'Unknown option "repat" in "options"; did you mean "repeat"?',
  },
  {
    title: 'checkOptions lists the known keys when none is near, also for names of Object.prototype',
    run: () => checkOptions('options', { toString: 1 }, ['packet', 'repeat']),
    error: TypeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: 'Unknown option "toString" in "options"; known are: packet, repeat',
  },
  {
    title: 'checkOptions refuses a signal in place of options',
    run: () => checkOptions('options', new AbortController().signal, ['signal', 'maxEntries']),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message:
      'The "options" argument must be an object of options, as in { signal }. Received an instance of AbortSignal',
  },
  {
    title: 'checkOptions refuses what has none of the options, and nothing else either',
    run: () => checkOptions('options', new Map([['a', 1]]), ['a']),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "options" argument must be an object of options. Received an instance of Map',
  },
  {
    title: 'what is of no such class is shown',
    run: () => {
      throw notInstance('map', 'MapBase', new Map(), ' or null')
    },
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "map" argument must be an instance of MapBase or null. Received an instance of Map',
  },
  {
    title: 'what is of a class of the same name is of another copy of the package',
    run: () => {
      throw notInstance('options.like', 'MapBase', new HashMap())
    },
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message:
      'The "options.like" argument must be an instance of MapBase. Received an instance of HashMap of another copy of ayajs: load it once (npm ls ayajs shows what is installed)',
  },
  {
    title: 'a long value is shown in short',
    run: () => checkBytes('data', 'x'.repeat(1000)),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: `The "data" argument must be an instance of Uint8Array, ArrayBuffer or DataView. Received '${'x'.repeat(79)}…`,
  },
  {
    title: 'a class is shown by its name',
    run: () => checkName('name', URL),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "name" argument must be of type string. Received function URL',
  },
  {
    title: 'an object without a prototype is shown all the same',
    run: () => checkName('name', Object.create(null)),
    error: TypeError,
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "name" argument must be of type string. Received an instance of Object',
  },
  {
    title: 'a class that only ayajs makes objects of tells where to get one',
    run: () => {
      throw illegalConstructor('Program', 'Ebpf.program()')
    },
    error: TypeError,
    code: 'ERR_ILLEGAL_CONSTRUCTOR',
    message: 'Program has no public constructor: get one from Ebpf.program()',
  },
]

for (const { title, run, error, code, message } of cases) {
  test(title, (t) => {
    const thrown = t.throws(run)
    t.is(thrown.constructor, error)
    t.is((thrown as NodeJS.ErrnoException).code, code)
    t.is(thrown.message, message)
  })
}
