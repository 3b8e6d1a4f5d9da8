// docs/attach.md says nothing in its lists that is not the title of a test.
import test from 'ava'
import { isTitle, otherItems, sentences } from '../helpers/attach-document.ts'

test('every sentence in the lists of docs/attach.md is the title of a test about attaching', (t) => {
  t.deepEqual(
    sentences().filter((sentence) => !isTitle(sentence)),
    [],
  )
})

test('the lists of docs/attach.md have nothing but sentences, and each once', (t) => {
  t.deepEqual(otherItems(), [])
  t.is(new Set(sentences()).size, sentences().length)
  t.true(sentences().length > 60)
})
