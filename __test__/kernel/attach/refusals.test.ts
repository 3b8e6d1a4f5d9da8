// What is said when a program cannot be attached so, in whole messages: by the kernel's refusal, with what stands in the way.
import { closeSync, openSync, rmdirSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import type { AttachOptions, CgroupSkb, EbpfError } from 'ayajs'
import { attach, counting, stranger, untilEnd } from '../../helpers/attachments.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { loaded, openFixture } from '../../helpers/fixtures.ts'
import { testIf, type Feature } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { complaints, failureOf, report } from '../errors/reports.ts'

leaveNothingBehind(test)

interface Case {
  readonly title: string
  readonly needs?: Feature
  readonly run: (t: ExecutionContext) => unknown
  readonly error: string
  readonly message: string
}

const cannot = 'Cannot attach program "count_egress" to the cgroup "<cgroup2>/<name>"'
const [eperm, einval] = [`${cannot}: Operation not permitted (EPERM). `, `${cannot}: Invalid argument (EINVAL). `]
const enoent = `${cannot}: No such file or directory (ENOENT). `
/** {@link cannot} beside another one. */
const besides = (place: string, text: string): string => text.replace(cannot, `${cannot} ${place} <id>`)
const reasons =
  'Known reasons: a program that may return more than 0 and 1 attached as Ingress; the same program attached twice in one mode; an anchor of the other kind, or not attached here; preorder beside an anchor without it.'
const absent =
  'The anchor, or the program to replace, is not attached here by the same means (links to links, programs to programs).'
const [byLink, byProgram] = ['EbpfError ERR_EBPF_ATTACH BPF_LINK_CREATE', 'EbpfError ERR_EBPF_ATTACH BPF_PROG_ATTACH']

const cases: readonly Case[] = [
  {
    title: 'below a Single program: a link is told which cgroup forbids it',
    run: (t) => below(t, 'Single', {}),
    error: `${byLink} EPERM`,
    message: `${eperm}The cgroup "<cgroup2>/<name>" above has program <id> as Single, which forbids all others below: detach it there, or have it attached by a link, as AllowMultiple or as AllowOverride.`,
  },
  {
    title: 'far below a Single program: AllowMultiple is told which cgroup forbids it',
    run: (t) => below(t, 'Single', 'AllowMultiple', 2),
    error: `${byProgram} EPERM`,
    message: `${eperm}The cgroup "<cgroup2>/<name>" above has program <id> as Single, which forbids all others below: detach it there, or have it attached by a link, as AllowMultiple or as AllowOverride.`,
  },
  {
    title: 'Single beside a link is told of it',
    run: (t) => beside(t, {}, 'Single'),
    error: `${byProgram} EPERM`,
    message: `${eperm}This cgroup has program <id>, by links or as AllowMultiple: attach beside them in the same way, or detach them.`,
  },
  {
    title: 'AllowOverride beside two of AllowMultiple is told of both, once each',
    run: (t) => {
      const { path } = makeCgroup(t)
      const [one, two, three] = counting(t, 3) as [CgroupSkb, CgroupSkb, CgroupSkb]
      attach(t, one, path, 'AllowMultiple')
      attach(t, two, path, 'AllowMultiple')
      attach(t, two, path)
      three.attach(path, 'Egress', 'AllowOverride')
    },
    error: `${byProgram} EPERM`,
    message: `${eperm}This cgroup has programs <id>, <id>, by links or as AllowMultiple: attach beside them in the same way, or detach them.`,
  },
  {
    title: 'a link beside a Single program is told of it',
    run: (t) => beside(t, 'Single', {}),
    error: `${byLink} EPERM`,
    message: `${eperm}This cgroup has program <id> as Single: replace it by attaching as Single too, or detach it.`,
  },
  {
    title: 'AllowMultiple beside an AllowOverride program is told of it',
    run: (t) => beside(t, 'AllowOverride', 'AllowMultiple'),
    error: `${byProgram} EPERM`,
    message: `${eperm}This cgroup has program <id> as AllowOverride: replace it by attaching as AllowOverride too, or detach it.`,
  },
  {
    title: 'the same program as AllowMultiple twice',
    run: (t) => {
      const { path } = makeCgroup(t)
      const [program] = counting(t, 1) as [CgroupSkb]
      attach(t, program, path, 'AllowMultiple')
      program.attach(path, 'Egress', 'AllowMultiple')
    },
    error: `${byProgram} EINVAL`,
    message: einval + reasons,
  },
  {
    title: 'a cgroup that is open, but was removed',
    run: (t) => inRemoved(t, 'AllowMultiple'),
    error: `${byProgram} ENOENT`,
    message: `${enoent}The cgroup has been removed.`,
  },
  {
    title: 'a link to a cgroup that is open, but was removed',
    run: (t) => inRemoved(t, {}),
    error: `${byLink} ENOENT`,
    message: `${enoent}The cgroup has been removed.`,
  },
  {
    title: 'a 65th program',
    run: (t) => {
      const { path } = makeCgroup(t)
      const [program] = counting(t, 1) as [CgroupSkb]
      for (let count = 0; count < 65; count++) program.attach(path, 'Egress')
    },
    error: `${byLink} E2BIG`,
    message: `${cannot}: Argument list too long (E2BIG). A cgroup takes at most 64 programs for one direction.`,
  },
  {
    title: 'a program of four verdicts as Ingress, by a mode',
    run: (t) => fourVerdicts(t).attach(makeCgroup(t).path, 'Ingress', 'Single'),
    error: `${byProgram} EINVAL`,
    message: `Cannot attach program "verdict" to the cgroup "<cgroup2>/<name>": Invalid argument (EINVAL). ${reasons}`,
  },
  {
    title: 'a link before the id of a link that is not there',
    needs: 'cgroup-order',
    run: (t) => beside(t, {}, { order: { before: { linkId: 2 ** 32 - 1 } } }),
    error: `${byLink} ENOENT`,
    message: besides('before link', enoent + absent),
  },
  {
    title: 'AllowMultiple before the id of a program that is not there',
    needs: 'cgroup-order',
    run: (t) => beside(t, 'AllowMultiple', { mode: 'AllowMultiple', order: { before: { programId: 2 ** 32 - 1 } } }),
    error: `${byProgram} ENOENT`,
    message: besides('before program', enoent + absent),
  },
  {
    title: 'a link after a link to another cgroup',
    needs: 'cgroup-order',
    run: (t) => {
      const [other, program] = counting(t, 2) as [CgroupSkb, CgroupSkb]
      program.attach(makeCgroup(t).path, 'Egress', { order: { after: attach(t, other, makeCgroup(t).path) } })
    },
    error: `${byLink} ENOENT`,
    message: besides('after link', enoent + absent),
  },
  {
    title: 'a link after a link of the other direction',
    needs: 'cgroup-order',
    run: (t) => {
      const { path } = makeCgroup(t)
      const [other, program] = counting(t, 2) as [CgroupSkb, CgroupSkb]
      program.attach(path, 'Egress', { order: { after: untilEnd(t, other.attachLink(path, 'Ingress')) } })
    },
    error: `${byLink} ENOENT`,
    message: besides('after link', enoent + absent),
  },
  {
    title: 'AllowMultiple before a program that is attached by a link',
    needs: 'cgroup-order',
    run: (t) => {
      const { path } = makeCgroup(t)
      const [other, program] = counting(t, 2) as [CgroupSkb, CgroupSkb]
      attach(t, other, path)
      program.attach(path, 'Egress', { mode: 'AllowMultiple', order: { before: other } })
    },
    error: `${byProgram} ENOENT`,
    message: besides('before program', enoent + absent),
  },
  {
    title: 'a link with preorder before a link without',
    needs: 'cgroup-order',
    run: (t) => {
      const { path } = makeCgroup(t)
      const [other, program] = counting(t, 2) as [CgroupSkb, CgroupSkb]
      program.attach(path, 'Egress', { preorder: true, order: { before: attach(t, other, path) } })
    },
    error: `${byLink} EINVAL`,
    message: besides('before link', einval + reasons),
  },
  {
    title: 'AllowMultiple before a program with preorder',
    needs: 'cgroup-order',
    run: (t) => {
      const { path } = makeCgroup(t)
      const [other, program] = counting(t, 2) as [CgroupSkb, CgroupSkb]
      attach(t, other, path, { mode: 'AllowMultiple', preorder: true })
      program.attach(path, 'Egress', { mode: 'AllowMultiple', order: { before: other } })
    },
    error: `${byProgram} EINVAL`,
    message: besides('before program', einval + reasons),
  },
]

for (const { title, needs, run, error, message } of cases) {
  const declare = needs === undefined ? test : testIf(needs)
  declare(`refused: ${title}`, async (t: ExecutionContext) => {
    const caught = await failureOf(t, () => run(t))
    const { error: found, message: said } = report(caught)
    t.deepEqual({ error: found, message: withoutNames(said) }, { error, message })
    t.deepEqual(complaints(caught as EbpfError), [])
  })
}

/** The text, with `<id>` and `<name>` for what differs by run. */
function withoutNames(text: string): string {
  return text
    .replace(/(?<=has programs? )\d+(, \d+)*/, (ids) => ids.replaceAll(/\d+/g, '<id>'))
    .replaceAll(/ayajs-test-\d+-\d+/g, '<name>')
}

function beside(t: ExecutionContext, present: AttachOptions, newcomer: AttachOptions): void {
  const { path } = makeCgroup(t)
  const [one, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  attach(t, one, path, present)
  other.attach(path, 'Egress', newcomer)
}

/** Attaches so many levels below a program of somebody else. */
function below(t: ExecutionContext, present: 'Single', newcomer: AttachOptions, levels = 1): void {
  const outer = makeCgroup(t)
  const [theirs, ours] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  stranger.attach(t, theirs, outer.path, present)
  let inner = outer
  for (let level = 0; level < levels; level++) inner = makeCgroup(t, inner.path)
  ours.attach(inner.path, 'Egress', newcomer)
}

function inRemoved(t: ExecutionContext, options: AttachOptions): void {
  const { path } = makeCgroup(t)
  const fd = openSync(path, 'r')
  t.teardown(() => closeSync(fd))
  rmdirSync(path)
  const [program] = counting(t, 1) as [CgroupSkb]
  program.attach(fd, 'Egress', options)
}

function fourVerdicts(t: ExecutionContext): CgroupSkb {
  return loaded(openFixture(t, 'cgroup_skb', { globals: { verdict_value: Uint8Array.of(3, 0, 0, 0) } }), 'verdict')
}
