// Options that make no sense are refused before the kernel sees them, and nothing is attached.
import test, { type ExecutionContext } from 'ava'
import { errorCodes, type AttachOptions, type CgroupSkb, type CgroupSkbLink } from 'ayajs'
import { attach, counting, idsOn } from '../../helpers/attachments.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

/** What a wrong option may be made of. */
interface Things {
  readonly program: CgroupSkb
  readonly link: CgroupSkbLink
  readonly modeLink: CgroupSkbLink
}

type Row = [written: string, options: (things: Things) => unknown, code: string, message: string]

const notOrder = `The argument "options.order" must be 'first', 'last', { before: anchor } or { after: anchor }. Received`
const links = 'argument must be a link or { linkId }: a link is placed relative to links. Received'
const programs =
  'argument must be a Program or { programId }: with a mode, programs are placed relative to programs. Received'
const modes = "must be one of: 'Single', 'AllowOverride', 'AllowMultiple'. Received"

const rows: readonly Row[] = [
  ["'Multiple'", () => 'Multiple', 'ERR_INVALID_ARG_VALUE', `The argument "mode" ${modes} 'Multiple'`],
  ['null', () => null, 'ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object. Received null'],
  ['7', () => 7, 'ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object. Received 7'],
  [
    "{ mode: 'multi' }",
    () => ({ mode: 'multi' }),
    'ERR_INVALID_ARG_VALUE',
    `The argument "options.mode" ${modes} 'multi'`,
  ],
  ['{ mode: null }', () => ({ mode: null }), 'ERR_INVALID_ARG_VALUE', `The argument "options.mode" ${modes} null`],
  [
    '{ first: true }',
    () => ({ first: true }),
    'ERR_INVALID_ARG_VALUE',
    'Unknown option "first" in "options"; known are: mode, order, preorder, replace, expectedRevision',
  ],
  [
    '{ Order }',
    () => ({ Order: 'first' }),
    'ERR_INVALID_ARG_VALUE',
    'Unknown option "Order" in "options"; did you mean "order"?',
  ],
  ["{ order: 'before' }", () => ({ order: 'before' }), 'ERR_INVALID_ARG_VALUE', `${notOrder} 'before'`],
  ['{ order: null }', () => ({ order: null }), 'ERR_INVALID_ARG_VALUE', `${notOrder} null`],
  ['{ order: {} }', () => ({ order: {} }), 'ERR_INVALID_ARG_VALUE', `${notOrder} an instance of Object`],
  [
    'two sides',
    ({ link }) => ({ order: { before: link, after: link } }),
    'ERR_INVALID_ARG_VALUE',
    `${notOrder} an instance of Object`,
  ],
  [
    'a side that is none',
    ({ link }) => ({ order: { above: link } }),
    'ERR_INVALID_ARG_VALUE',
    'Unknown option "above" in "options.order"; known are: before, after',
  ],
  [
    'a link before a program',
    ({ program }) => ({ order: { before: program } }),
    'ERR_INVALID_ARG_TYPE',
    `The "options.order.before" ${links} an instance of CgroupSkb`,
  ],
  [
    'a link after { programId }',
    () => ({ order: { after: { programId: 1 } } }),
    'ERR_INVALID_ARG_TYPE',
    `The "options.order.after" ${links} an instance of Object`,
  ],
  [
    'a link before 7',
    () => ({ order: { before: 7 } }),
    'ERR_INVALID_ARG_TYPE',
    `The "options.order.before" ${links} 7`,
  ],
  [
    'a link before { linkId: 0 }',
    () => ({ order: { before: { linkId: 0 } } }),
    'ERR_OUT_OF_RANGE',
    'The value of "options.order.before.linkId" is out of range. It must be an integer >= 1 && <= 4294967295. Received 0',
  ],
  [
    'a link before { linkId: 2 ** 32 }',
    () => ({ order: { before: { linkId: 2 ** 32 } } }),
    'ERR_OUT_OF_RANGE',
    'The value of "options.order.before.linkId" is out of range. It must be an integer >= 1 && <= 4294967295. Received 4294967296',
  ],
  [
    'a program before a link',
    ({ link }) => multiple({ before: link }),
    'ERR_INVALID_ARG_TYPE',
    `The "options.order.before" ${programs} an instance of CgroupSkbLink`,
  ],
  [
    'a program after { linkId }',
    () => multiple({ after: { linkId: 1 } }),
    'ERR_INVALID_ARG_TYPE',
    `The "options.order.after" ${programs} an instance of Object`,
  ],
  [
    "a program before { programId: '1' }",
    () => multiple({ before: { programId: '1' } }),
    'ERR_INVALID_ARG_TYPE',
    'The "options.order.before.programId" argument must be of type number. Received \'1\'',
  ],
  [
    '{ preorder: 1 }',
    () => ({ preorder: 1 }),
    'ERR_INVALID_ARG_TYPE',
    'The "options.preorder" argument must be of type boolean. Received 1',
  ],
  [
    '{ expectedRevision: 1 }',
    () => ({ expectedRevision: 1 }),
    'ERR_INVALID_ARG_TYPE',
    'The "options.expectedRevision" argument must be of type bigint. Received 1',
  ],
  [
    '{ expectedRevision: 0n }',
    () => ({ expectedRevision: 0n }),
    'ERR_OUT_OF_RANGE',
    'The value of "options.expectedRevision" is out of range. It must be >= 1n && <= 18446744073709551615n. Received 0n',
  ],
  [
    '{ expectedRevision: 2n ** 64n }',
    () => ({ expectedRevision: 2n ** 64n }),
    'ERR_OUT_OF_RANGE',
    'The value of "options.expectedRevision" is out of range. It must be >= 1n && <= 18446744073709551615n. Received 18446744073709551616n',
  ],
  [
    'Single with order',
    () => ({ mode: 'Single', order: 'first' }),
    'ERR_INVALID_ARG_VALUE',
    `The argument "options.order" needs mode AllowMultiple: mode Single has one program only. Received 'first'`,
  ],
  [
    'AllowOverride with preorder',
    () => ({ mode: 'AllowOverride', preorder: true }),
    'ERR_INVALID_ARG_VALUE',
    'The argument "options.preorder" needs mode AllowMultiple: mode AllowOverride has one program only. Received true',
  ],
  [
    'Single with replace',
    ({ program }) => ({ mode: 'Single', replace: program }),
    'ERR_INVALID_ARG_VALUE',
    'The argument "options.replace" needs mode AllowMultiple: mode Single has one program only. Received an instance of CgroupSkb',
  ],
  [
    'a link with replace',
    ({ program }) => ({ replace: program }),
    'ERR_INVALID_ARG_VALUE',
    'The argument "options.replace" needs mode AllowMultiple: a link is replaced by link.update(). Received an instance of CgroupSkb',
  ],
  [
    'replace with order',
    ({ program }) => ({ mode: 'AllowMultiple', replace: program, order: 'last' }),
    'ERR_INVALID_ARG_VALUE',
    `The argument "options.order" cannot go with replace, which takes the place of the other. Received 'last'`,
  ],
  [
    'replace of a link',
    ({ link }) => ({ mode: 'AllowMultiple', replace: link }),
    'ERR_INVALID_ARG_TYPE',
    'The "options.replace" argument must be an instance of Program. Received an instance of CgroupSkbLink',
  ],
  [
    'replace of an id',
    () => ({ mode: 'AllowMultiple', replace: { programId: 1 } }),
    'ERR_INVALID_ARG_TYPE',
    'The "options.replace" argument must be an instance of Program. Received an instance of Object',
  ],
]

for (const [written, options, code, message] of rows) {
  test(`misuse: attach with ${written}`, (t) => {
    const { path } = makeCgroup(t)
    const things = makeThings(t)
    t.throws(() => things.program.attach(path, 'Egress', options(things) as AttachOptions), { code, message })
    t.deepEqual(idsOn(path), [])
  })
}

const lateAnchors: readonly Row[] = [
  [
    'an anchor that has no link',
    ({ modeLink }) => ({ order: { before: modeLink } }),
    'ERR_EBPF_UNSUPPORTED',
    'A program that is attached with a CgroupAttachMode has no link: it has no descriptor and cannot be pinned. Attach it without a mode, and it has one.',
  ],
  [
    'an anchor that was detached',
    ({ link }) => (link.detach(), { order: { before: link } }),
    'ERR_EBPF_CLOSED',
    `The link has been closed. ${errorCodes.ERR_EBPF_CLOSED.remedy}`,
  ],
  [
    'an anchor that is not loaded',
    () => multiple({ before: 'unloaded' }),
    'ERR_EBPF_NOT_LOADED',
    `Program "count_egress" is not loaded. ${errorCodes.ERR_EBPF_NOT_LOADED.remedy}`,
  ],
]

for (const [written, options, code, message] of lateAnchors) {
  test(`misuse: attach with ${written}`, (t) => {
    const { path } = makeCgroup(t)
    const things = makeThings(t)
    const [unloaded] = counting(t, 1) as [CgroupSkb]
    unloaded.unload()
    const given = options(things) as { order: { before: unknown } }
    if (given.order.before === 'unloaded') given.order.before = unloaded
    t.throws(() => things.program.attach(path, 'Egress', given as AttachOptions), { code, message })
    t.deepEqual(idsOn(path), [])
  })
}

test('undefined options are as if they were left out', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const nothing = {
    mode: undefined,
    order: undefined,
    preorder: undefined,
    replace: undefined,
    expectedRevision: undefined,
  }
  program.attach(path, 'Egress', nothing as never)
  program.attach(path, 'Egress', undefined)
  t.is(idsOn(path).length, 2)
})

function multiple(order: object): object {
  return { mode: 'AllowMultiple', order }
}

function makeThings(t: ExecutionContext): Things {
  const [program, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  const { path } = makeCgroup(t)
  const [link, modeLink] = [attach(t, program, path), attach(t, other, path, 'AllowMultiple')]
  return { program, link, modeLink }
}
