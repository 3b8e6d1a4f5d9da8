// What is said of a cgroup that is none, and of a program that cannot be attached to one.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { CgroupSkb, Ebpf } from 'ayajs'
import { cgroupMount, makeCgroup } from '../../helpers/cgroup.ts'
import { loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { failureOf, refuse, report, temporaryFolder, type Case } from './reports.ts'

leaveNothingBehind(test)

const mounted = 'cgroup v2 is mounted at <cgroup2>.'

const cases: Case[] = [
  {
    title: 'a plain directory is no cgroup',
    run: (t) => egress(t).attach(temporaryFolder(t), 'Egress'),
    error: 'EbpfError ERR_EBPF_NOT_CGROUP BPF_LINK_CREATE EBADF',
    message: `"<tmp>" is a directory outside every cgroup hierarchy, not a cgroup v2 directory. ${mounted}`,
  },
  {
    title: 'a path that does not exist is to be made first',
    run: (t) => egress(t).attach(join(cgroupMount(), 'ayajs-absent'), 'Egress'),
    error: 'EbpfError ERR_EBPF_FILE open ENOENT',
    message: `Cannot open the cgroup "<cgroup2>/ayajs-absent": ENOENT. Make it first (mkdir). ${mounted}`,
  },
  {
    title: 'a file is no cgroup',
    run: (t) => egress(t).attach(emptyFile(t), 'Egress'),
    error: 'EbpfError ERR_EBPF_NOT_CGROUP open ENOTDIR',
    message: `"<tmp>/file" is not a directory. ${mounted}`,
  },
  {
    title: 'a path that is given as bytes is named as text',
    run: (t) => egress(t).attach(Buffer.from(temporaryFolder(t)), 'Egress'),
    error: 'EbpfError ERR_EBPF_NOT_CGROUP BPF_LINK_CREATE EBADF',
    message: `"<tmp>" is a directory outside every cgroup hierarchy, not a cgroup v2 directory. ${mounted}`,
  },
  {
    title: 'a descriptor that is not open is named by its number',
    run: (t) => egress(t).attach(2 ** 31 - 1, 'Egress'),
    error: 'EbpfError ERR_EBPF_NOT_CGROUP BPF_LINK_CREATE EBADF',
    message: `Descriptor <fd> is not open. ${mounted}`,
  },
  {
    title: 'a descriptor of something else is named by its number',
    run: (t) => withOpen(temporaryFolder(t), (fd) => egress(t).attach({ fd }, 'Egress')),
    error: 'EbpfError ERR_EBPF_NOT_CGROUP BPF_LINK_CREATE EBADF',
    message: `Descriptor <fd> is a directory outside every cgroup hierarchy, not a cgroup v2 directory. ${mounted}`,
  },
  {
    title: 'a cgroup that was removed while it was open takes no program',
    run: (t) => withOpen(makeCgroup(t).path, (fd) => egress(t).attach(fd, 'Egress'), rmdirSync),
    error: 'EbpfError ERR_EBPF_ATTACH BPF_LINK_CREATE ENOENT',
    message: `Cannot attach program "count_egress" to the cgroup "<cgroup2>/<name>": No such file or directory (ENOENT). The cgroup has been removed.`,
  },
  {
    title: 'a program of four verdicts cannot be attached as ingress',
    run: (t) => loaded(open(t), 'verdict').attach(makeCgroup(t).path, 'Ingress'),
    error: 'EbpfError ERR_EBPF_ATTACH BPF_LINK_CREATE EINVAL',
    message:
      'Cannot attach program "verdict" to the cgroup "<cgroup2>/<name>": Invalid argument (EINVAL). Known reasons: a program that may return more than 0 and 1 attached as Ingress; the same program attached twice in one mode; an anchor of the other kind, or not attached here; preorder beside an anchor without it.',
  },
  {
    title: 'a program above that was attached without BPF_F_ALLOW_MULTI forbids others',
    run: (t) => belowExclusive(t, (child, program) => program.attach(child, 'Egress')),
    error: 'EbpfError ERR_EBPF_ATTACH BPF_LINK_CREATE EPERM',
    message:
      'Cannot attach program "count_egress" to the cgroup "<cgroup2>/<name>": Operation not permitted (EPERM). The cgroup "<cgroup2>/<name>" above has program <id> as Single, which forbids all others below: detach it there, or have it attached by a link, as AllowMultiple or as AllowOverride.',
  },
  {
    title: 'a cgroup has room for 64 programs',
    run: (t) => {
      const [program, { path }] = [egress(t), makeCgroup(t)]
      for (let i = 0; i < 65; i++) program.attach(path, 'Egress')
    },
    error: 'EbpfError ERR_EBPF_ATTACH BPF_LINK_CREATE E2BIG',
    message: `Cannot attach program "count_egress" to the cgroup "<cgroup2>/<name>": Argument list too long (E2BIG). A cgroup takes at most 64 programs for one direction.`,
  },
  {
    title: 'a link id of another program detaches nothing',
    run: (t) => {
      const bpf = open(t)
      loaded(bpf, 'count_any').detach(loaded(bpf, 'count_egress').attach(makeCgroup(t).path, 'Egress'))
    },
    error: 'EbpfError ERR_EBPF_NOT_ATTACHED',
    message:
      'This link id is not one of program "count_any": it has been detached or taken, or belongs to another program. Use each id once, with the program whose attach() returned it.',
  },
]

refuse(cases)

test('a cgroup v1 directory is called so', async (t) => {
  const path = mountCgroup1(t)
  if (path === undefined) {
    t.log('skipped: this kernel mounts no cgroup v1')
    t.pass()
    return
  }
  t.deepEqual(report(await failureOf(t, () => egress(t).attach(path, 'Egress'))), {
    error: 'EbpfError ERR_EBPF_NOT_CGROUP BPF_LINK_CREATE EBADF',
    message: `"<tmp>/v1" is a cgroup v1 directory, not a cgroup v2 directory. ${mounted}`,
  })
})

/** The fixture, with a program `verdict` of four verdicts. */
function open(t: ExecutionContext): Ebpf {
  return openFixture(t, 'cgroup_skb', { globals: { verdict_value: Uint8Array.of(3, 0, 0, 0) } })
}

function egress(t: ExecutionContext): CgroupSkb {
  return loaded(open(t), 'count_egress')
}

function emptyFile(t: ExecutionContext): string {
  const path = join(temporaryFolder(t), 'file')
  writeFileSync(path, '')
  return path
}

/** A hierarchy of version 1 without controllers. */
function mountCgroup1(t: ExecutionContext): string | undefined {
  const path = join(temporaryFolder(t), 'v1')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'cgroup', '-o', 'none,name=ayajs', 'ayajs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  t.teardown(() => void execFileSync('umount', [path]))
  return path
}

/** Runs `use` with a descriptor of the directory; `before` is done to the directory once it is open. */
function withOpen(path: string, use: (fd: number) => void, before?: (path: string) => void): void {
  const fd = openSync(path, 'r')
  try {
    before?.(path)
    use(fd)
  } finally {
    closeSync(fd)
  }
}

/** Runs `use` with a cgroup below one where a program is attached with flags 0. */
function belowExclusive(t: ExecutionContext, use: (child: string, program: CgroupSkb) => void): void {
  const parent = makeCgroup(t)
  const child = makeCgroup(t, parent.path)
  const program = egress(t)
  const target = [parent.path, 'cgroup_inet_egress', 'id', String(program.info().id)]
  execFileSync('bpftool', ['cgroup', 'attach', ...target])
  try {
    use(child.path, program)
  } finally {
    execFileSync('bpftool', ['cgroup', 'detach', ...target])
  }
}
