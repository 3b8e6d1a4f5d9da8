// The sentences of docs/lifetime.md, and the titles of the tests that hold them.
import { filesBelow, read } from './sources.ts'

/** The sentences: every item of every list, without its full stop. */
export function sentences(): readonly string[] {
  return [...read('docs/lifetime.md').matchAll(/^- (.*)\.$/gm)].map(([, sentence = '']) => sentence)
}

/** Everything in the document that is neither heading, nor list item, nor in the first paragraph. */
export function otherLines(): readonly string[] {
  const [, , , ...lines] = read('docs/lifetime.md').trimEnd().split('\n')
  return lines.filter((line) => line !== '' && !/^#+ /.test(line) && !/^- .*\.$/.test(line))
}

/** The titles of the tests. */
export function titles(): readonly string[] {
  const files = filesBelow('__test__/kernel', '.test.ts').filter((path) => /\/lifetime[^/]*$/.test(path))
  return files.flatMap((path) => [...read(path).matchAll(/^test\('(.*)', /gm)].map(([, title = '']) => title))
}
