// What loading the package costs, and that codecs work where code must not be generated.
import { execFileSync } from 'node:child_process'
import test from 'ava'
import { root } from '../../helpers/sources.ts'

/** What a script prints, as JSON, in a process of its own. */
function run(script: string, ...options: string[]): unknown {
  return JSON.parse(execFileSync(process.execPath, [...options, '-e', script], { cwd: root, encoding: 'utf8' }))
}

test('loading the package loads no engine; its door opens on first use, once', (t) => {
  const script = `
    require('ayajs')
    const { btf } = require('./dist/btf/door.js')
    const loaded = () => Object.keys(require.cache).some((path) => path.endsWith('/dist/btf/engine.js'))
    const before = loaded()
    const same = btf() === btf()
    console.log(JSON.stringify([before, same, loaded()]))`
  t.deepEqual(run(script), [false, true, true])
})

const roundTrip = `
  let generated = true
  try { new Function('return 1')() } catch { generated = false }
  const { readFileSync } = require('node:fs')
  const { newMemory, readObject } = require('./dist/btf/engine.js')
  const { btf, globals } = readObject(readFileSync('__test__/fixtures/types.bpf.o'))
  const codec = btf.codec(globals.find(({ name }) => name === 'packed').typeId)
  const memory = newMemory(codec.size)
  const inner = { a: 1, b: 2 }
  const value = { first: 1, second: 5n, third: 3, inner: [inner, inner], low: 1, across: 2, rest: -1 }
  codec.encode(value, memory, 0, 'value')
  const same = require('node:util').isDeepStrictEqual(codec.decode(memory, 0), value)
  console.log(JSON.stringify([generated, same]))`

test('codecs are generated code where that is allowed', (t) => {
  t.deepEqual(run(roundTrip), [true, true])
})

test('codecs work under --disallow-code-generation-from-strings', (t) => {
  t.deepEqual(run(roundTrip, '--disallow-code-generation-from-strings'), [false, true])
})
