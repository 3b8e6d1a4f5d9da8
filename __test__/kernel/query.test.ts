// `queryCgroup`: what is attached and what runs, as bpftool has it, over nested cgroups with links and programs mixed.
import { closeSync, mkdtempSync, openSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { queryCgroup, type Cgroup, type CgroupSkb, type CgroupSkbLink, type QueryOptions } from 'ayajs'
import { attach, counting, idOf, idsFor, untilEnd } from '../helpers/attachments.ts'
import { bpftool, showCgroup, type ShownAttachment } from '../helpers/bpftool.ts'
import { cgroupMount, makeCgroup } from '../helpers/cgroup.ts'
import { testIf } from '../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'

leaveNothingBehind(test)

/** An outer cgroup with two links and a program, one with nothing inside, and an inner one with a link and a program. */
interface Nested {
  readonly outer: string
  readonly middle: string
  readonly inner: string
  readonly links: readonly CgroupSkbLink[]
}

function makeNested(t: ExecutionContext): Nested {
  const outer = makeCgroup(t).path
  const middle = makeCgroup(t, outer).path
  const inner = makeCgroup(t, middle).path
  const [one, two, three, four, five, six] = counting(t, 6) as [
    CgroupSkb,
    CgroupSkb,
    CgroupSkb,
    CgroupSkb,
    CgroupSkb,
    CgroupSkb,
  ]
  const links = [
    attach(t, one, outer),
    attach(t, two, outer, 'AllowMultiple'),
    attach(t, three, outer),
    attach(t, four, inner, 'AllowMultiple'),
    attach(t, five, inner),
    untilEnd(t, six.attachLink(inner, 'Ingress')),
  ]
  return { outer, middle, inner, links }
}

const places = ['outer', 'middle', 'inner'] as const

for (const place of places) {
  // bpftool asks for the flags of each program.
  testIf('cgroup-program-flags')(
    `queryCgroup of the ${place} of nested cgroups agrees with bpftool cgroup show and tree`,
    (t) => {
      const nested = makeNested(t)
      const path = nested[place]
      const tree = bpftool('cgroup', 'tree', nested.outer) as { cgroup: string; programs: ShownAttachment[] }[]
      const inTree = tree.filter(({ cgroup }) => cgroup === path).flatMap(({ programs }) => programs)
      for (const direction of ['Egress', 'Ingress'] as const) {
        const found = queryCgroup(path, direction).programs
        t.deepEqual(found, shown(showCgroup(path), direction))
        t.deepEqual(found, shown(inTree, direction))
      }
    },
  )

  test(`queryCgroup with effective of the ${place} of nested cgroups agrees with bpftool`, (t) => {
    const path = makeNested(t)[place]
    const effective = bpftool('cgroup', 'show', path, 'effective') as ShownAttachment[]
    for (const direction of ['Egress', 'Ingress'] as const) {
      const { programs, revision } = queryCgroup(path, direction, { effective: true })
      t.deepEqual(
        programs.map(({ id }) => id),
        shown(effective, direction).map(({ id }) => id),
      )
      t.true(programs.every(({ mode }) => mode === null))
      t.is(revision, null)
    }
  })
}

test('With `links` each program has the ids of the links that hold it there', (t) => {
  const { outer, inner, links } = makeNested(t)
  const of = (path: string, direction: 'Egress' | 'Ingress' = 'Egress'): unknown => {
    return queryCgroup(path, direction, { links: true }).programs.map(({ linkIds }) => linkIds)
  }
  const [one, , three, , five, six] = links.map((link) => link.info().id)
  t.deepEqual(of(outer), [[one], [], [three]])
  t.deepEqual(of(inner), [[], [five]])
  t.deepEqual(of(inner, 'Ingress'), [[six]])
})

test('With `effective` and `links` the links are those of the cgroup and of the ones above, and not of others', (t) => {
  const { outer, inner, links } = makeNested(t)
  const [one, , three, , five] = links.map((link) => link.info().id)
  const linkIds = (): unknown => {
    return queryCgroup(inner, 'Egress', { effective: true, links: true }).programs.map((program) => program.linkIds)
  }
  t.deepEqual(linkIds(), [[], [five], [one], [], [three]])
  const elsewhere = makeCgroup(t).path
  const below = makeCgroup(t, inner).path
  const [program] = counting(t, 1) as [CgroupSkb]
  for (const path of [elsewhere, below, outer]) attach(t, program, path)
  const onOuter = queryCgroup(outer, 'Egress', { links: true }).programs.at(-1)?.linkIds
  t.is(onOuter?.length, 1)
  t.deepEqual(linkIds(), [[], [five], [one], [], [three], onOuter])
})

test('A program that is attached more than once is listed as often, with all its links each time', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const ids = [attach(t, program, path), attach(t, program, path)].map((link) => link.info().id)
  attach(t, program, path, 'AllowMultiple')
  const row = { id: idOf(program), mode: 'AllowMultiple', linkIds: ids } as const
  t.deepEqual(queryCgroup(path, 'Egress', { links: true }).programs, [row, row, row])
})

test('without `links` there are no linkIds, and an empty cgroup has no programs', (t) => {
  const { path } = makeCgroup(t)
  t.deepEqual(queryCgroup(path, 'Egress').programs, [])
  t.deepEqual(queryCgroup(path, 'Egress', { links: true }).programs, [])
  const [program] = counting(t, 1) as [CgroupSkb]
  attach(t, program, path)
  t.deepEqual(queryCgroup(path, 'Egress', { links: false }).programs, [{ id: idOf(program), mode: 'AllowMultiple' }])
})

testIf('cgroup-revision')('The revision is that of one direction, and is `null` with `effective`', (t) => {
  const { path } = makeCgroup(t)
  const [program] = counting(t, 1) as [CgroupSkb]
  const { revision } = queryCgroup(path, 'Egress')
  t.is(typeof revision, 'bigint')
  attach(t, program, path)
  t.is(queryCgroup(path, 'Egress').revision, (revision ?? 0n) + 1n)
  t.is(queryCgroup(path, 'Egress', { effective: true }).revision, null)
})

test('more programs than there is room for at first are all listed', (t) => {
  let path: string | undefined
  const [program] = counting(t, 1) as [CgroupSkb]
  for (let level = 0; level < 5; level++) {
    path = makeCgroup(t, path).path
    for (let count = 0; count < 60; count++) program.attach(path, 'Egress')
  }
  t.deepEqual(
    idsFor(path ?? ''),
    Array.from({ length: 300 }, () => idOf(program)),
  )
})

const cgroups: Record<string, (t: ExecutionContext, path: string) => Cgroup> = {
  'a path': (_, path) => path,
  'a Buffer': (_, path) => Buffer.from(path),
  'a URL': (_, path) => pathToFileURL(path),
  'a descriptor': descriptorOf,
  'an object with an fd': (t, path) => ({ fd: descriptorOf(t, path) }),
}

for (const [what, of] of Object.entries(cgroups)) {
  test(`queryCgroup takes ${what}`, (t) => {
    const { path } = makeCgroup(t)
    const [program] = counting(t, 1) as [CgroupSkb]
    attach(t, program, path)
    t.is(queryCgroup(of(t, path), 'Egress').programs[0]?.id, idOf(program))
  })
}

type Refusal = [what: string, cgroup: (t: ExecutionContext) => unknown, options: unknown, code: string, says: RegExp]

const refusals: readonly Refusal[] = [
  ['nothing', () => undefined, {}, 'ERR_INVALID_ARG_TYPE', /"cgroup"/],
  [
    'an absent path',
    () => join(cgroupMount(), 'ayajs-absent'),
    {},
    'ERR_EBPF_FILE',
    /ENOENT\. Make it first \(mkdir\)/,
  ],
  ['another directory', temporaryDirectory, {}, 'ERR_EBPF_NOT_CGROUP', /outside every cgroup hierarchy/],
  ['a file', () => '/proc/self/mounts', {}, 'ERR_EBPF_NOT_CGROUP', /is not a directory/],
  [
    'a cgroup that was removed',
    removedCgroup,
    {},
    'ERR_EBPF_SYSCALL',
    /^Cannot query the cgroup: it has been removed: No such/,
  ],
  ['options that are none', (t) => makeCgroup(t).path, null, 'ERR_INVALID_ARG_TYPE', /"options"/],
  [
    'an unknown option',
    (t) => makeCgroup(t).path,
    { effectiv: true },
    'ERR_INVALID_ARG_VALUE',
    /did you mean "effective"/,
  ],
  ['an option of another type', (t) => makeCgroup(t).path, { links: 1 }, 'ERR_INVALID_ARG_TYPE', /"options.links"/],
]

for (const [what, cgroup, options, code, message] of refusals) {
  test(`queryCgroup of ${what} throws ${code}`, (t) => {
    t.throws(() => queryCgroup(cgroup(t) as Cgroup, 'Egress', options as QueryOptions), { code, message })
  })
}

test('queryCgroup wants to know the direction', (t) => {
  const { path } = makeCgroup(t)
  for (const direction of [undefined, null, 'egress', 'Sideways', 1]) {
    t.throws(() => queryCgroup(path, direction as 'Egress'), { instanceOf: TypeError })
  }
})

/** What bpftool shows, in the words of queryCgroup. */
function shown(
  attachments: readonly ShownAttachment[],
  direction: 'Egress' | 'Ingress',
): { id: number; mode: string }[] {
  const modes: Record<string, string> = { '': 'Single', override: 'AllowOverride', multi: 'AllowMultiple' }
  return attachments
    .filter(({ attach_type }) => attach_type.endsWith(direction.toLowerCase()))
    .map(({ id, attach_flags }) => ({ id, mode: modes[attach_flags] ?? attach_flags }))
}

function descriptorOf(t: ExecutionContext, path: string): number {
  const fd = openSync(path, 'r')
  t.teardown(() => closeSync(fd))
  return fd
}

function removedCgroup(t: ExecutionContext): number {
  const { path } = makeCgroup(t)
  const fd = descriptorOf(t, path)
  rmdirSync(path)
  return fd
}

function temporaryDirectory(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ayajs-test-'))
  t.teardown(() => rmdirSync(path))
  return path
}
