// docs/attach.md as the tests see it: its tables, and the sentences that are titles of tests.
import { filesBelow, read } from './sources.ts'

/** One cell of a table: what is there already, what comes, and what becomes of them. */
export interface Cell {
  readonly present: string
  readonly newcomer: string
  readonly outcome: string
}

/** The cells of the table below this heading. */
export function tableBelow(heading: string): readonly Cell[] {
  const [, text = ''] = read('docs/attach.md').split(`## ${heading}\n`)
  const rows = [...text.split('\n## ')[0]!.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) => row.split('|').map(plain))
  const [[, ...newcomers] = [], , ...body] = rows
  return body.flatMap(([present = '', ...outcomes]) => {
    return outcomes.map((outcome, index) => ({ present, newcomer: newcomers[index] ?? '', outcome }))
  })
}

/** Every item of every list, without its full stop. */
export function sentences(): readonly string[] {
  return [...read('docs/attach.md').matchAll(/^- (.*)\.$/gm)].map(([, sentence = '']) => plain(sentence))
}

/** Lines of lists that are no sentence. */
export function otherItems(): readonly string[] {
  return [...read('docs/attach.md').matchAll(/^[-*] (.*[^.\n])$/gm)].map(([, item = '']) => item)
}

/** Whether a test about attaching is called so. A title that is made for each row of a table says so for all of them. */
export function isTitle(sentence: string): boolean {
  titles ??= filesBelow('__test__/kernel', '.test.ts')
    .filter(isAboutAttaching)
    .flatMap((path) => titlesIn(read(path)))
  return titles.some((title) => title.test(sentence))
}

let titles: RegExp[] | undefined

function isAboutAttaching(path: string): boolean {
  return /\/kernel\/(?:attach\/|links\/|pins\.|query\.|kernel-objects\.)/.test(path)
}

function titlesIn(source: string): RegExp[] {
  const found = source.matchAll(/^ *test(?:If\('[\w-]+'\))?\(\s*(?:'(.*)'|`(.*)`),/gm)
  return [...found]
    .map(([, literal, template = '']) => plain(literal ?? template.replaceAll('\\', '')).split(/\$\{[^}]*\}/))
    .filter((parts) => parts.join('').length > 20) // Others would say nothing.
    .map((parts) => new RegExp(`^${parts.map(escape).join('.+')}$`))
}

function plain(text: string): string {
  return text.replaceAll('`', '').trim()
}

function escape(text: string): string {
  return text.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')
}
