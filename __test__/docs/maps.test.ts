// docs/maps.md says nothing in its lists that is not the title of a test beside this file.
import test from 'ava'
import { filesBelow, read } from '../helpers/sources.ts'
import { itemsAbove, plain } from './tables.ts'

const sentences = itemsAbove('docs/maps.md', 'What it costs')

/** A title may say in parentheses what it is tried with. */
const titles = filesBelow('__test__/docs', '.test.ts').flatMap((path) =>
  [...read(path).matchAll(/^ *test(?:If\('[\w-]+'\))?\(\s*(?:'(.*)'|`(.*)`),\s*(?:async )?\(/gm)].map(
    ([, literal = '', template = '']) =>
      plain((literal || template).replaceAll('\\', '')).replace(/ \(\$\{\w+\}\)$/, ''),
  ),
)

test('every sentence in the lists of docs/maps.md is the title of a test', (t) => {
  t.deepEqual(
    sentences.filter((sentence) => !titles.includes(sentence.replace(/\.$/, ''))),
    [],
  )
})

test('the lists of docs/maps.md have nothing but sentences, and each once', (t) => {
  t.deepEqual(
    sentences.filter((sentence) => !sentence.endsWith('.')),
    [],
  )
  t.is(new Set(sentences).size, sentences.length)
  t.true(sentences.length > 25)
})
