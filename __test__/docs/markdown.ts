// What is in the documents: blocks of TypeScript, links, names of files.
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesBelow, read, root } from '../helpers/sources.ts'

export interface Block {
  /** As in `docs/errors.md:8`, where the line is that of the first statement. */
  readonly place: string
  readonly document: string
  readonly line: number
  readonly code: string
  /** What stands behind `ts`: nothing, or `no-run`. */
  readonly mark: string
}

/** README.md and whatever is below docs/. */
export const documents: readonly string[] = [
  ...(exists('README.md') ? ['README.md'] : []),
  ...filesBelow('docs', '.md'),
]

/** The fenced blocks of TypeScript of a document. */
export function blocksOf(document: string): Block[] {
  const text = read(document)
  return [...text.matchAll(/^```(?:ts|typescript)\b *(.*)\n([^]*?)^```$/gm)].map(
    ({ index, 1: mark = '', 2: code = '' }) => {
      const line = text.slice(0, index).split('\n').length + 1
      return { place: `${document}:${line}`, document, line, code, mark }
    },
  )
}

/** Links of a document that lead nowhere, as they are written. External ones are not followed. */
export function deadLinks(document: string): string[] {
  const text = read(document).replace(/^```[^]*?^```$/gm, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  )
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(document, target))
}

/** Names of files of this repository in a document's code, that are not there. `*` is any part of a name. */
export function missingFiles(document: string): string[] {
  const text = read(document)
  const code = [...text.matchAll(/^```(?:sh|bash|console|text)\b.*\n([^]*?)^```$|(?<!`)`([^`\n]+)`(?!`)/gm)]
  const names = code.flatMap(({ 1: block, 2: inline }) => [
    ...((block ?? inline ?? '').match(pathInRepository) ?? []),
    ...((inline ?? '').match(/^[\w-]+\.md$/) ?? []),
  ])
  return names.filter((name) => !exists(name) && !exists(join(dirname(document), name)))
}

/** A path below one of the folders that are committed, not below somebody else's folder of that name. */
const pathInRepository = /(?<![\w./@-])(?:src|docs|scripts|crates|bpf|examples|benchmark|__test__)\/[\w./*-]*/g

function leadsSomewhere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? document : join(dirname(document), decodeURI(path))
  if (!exists(file)) return false
  return anchor === undefined || !file.endsWith('.md') || anchorsOf(file).includes(anchor)
}

/** Where a link can lead to inside of a document: its headings, as GitHub names them. */
function anchorsOf(document: string): string[] {
  const headings = read(document)
    .replace(/^```[^]*?^```$/gm, '')
    .matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}

function exists(name: string): boolean {
  if (!name.includes('*')) return statSync(join(root, name), { throwIfNoEntry: false }) !== undefined
  const pattern = new RegExp(`^${name.split('*').map(escape).join('[^/]*')}$`)
  return filesBelow(dirname(name.slice(0, name.indexOf('*') + 1)), '').some((file) => pattern.test(file))
}

function escape(text: string): string {
  return text.replace(/[.+?^$()[\]{}|\\]/g, '\\$&')
}
