// What is said to a process that lacks privileges, and that CAP_BPF and CAP_NET_ADMIN are enough.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { fixturePath } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { bindingPath } from '../../helpers/package.ts'
import { root } from '../../helpers/sources.ts'
import type { Attempt } from './attempts.ts'
import { anywhere, temporaryFolder } from './reports.ts'

leaveNothingBehind(test)

/** Enough to read a checkout that belongs to somebody else. */
const reading = '+dac_override,+dac_read_search'

interface Person {
  title: string
  /** What the child is started by. */
  prefix?: string[]
  drop?: 'nobody'
  missing: string[]
  mayLoad?: boolean
  mayReadAll?: boolean
}

const people: Person[] = [
  { title: 'a user who is not root', drop: 'nobody', missing: ['CAP_BPF', 'CAP_NET_ADMIN'] },
  {
    title: 'root without capabilities',
    prefix: limited(''),
    missing: ['CAP_BPF', 'CAP_NET_ADMIN'],
    mayReadAll: true,
  },
  { title: 'root with CAP_NET_ADMIN only', prefix: limited(',+net_admin'), missing: ['CAP_BPF'], mayReadAll: true },
  {
    title: 'root with CAP_BPF only',
    prefix: limited(',+bpf'),
    missing: ['CAP_NET_ADMIN'],
    mayLoad: true,
    mayReadAll: true,
  },
]

for (const person of people) {
  test(`${person.title} is told what is missing, and where`, (t) => {
    if (readFileSync('/proc/sys/kernel/unprivileged_bpf_disabled', 'utf8').trim() === '0') {
      t.log('skipped: this kernel lets everybody load programs (kernel.unprivileged_bpf_disabled is 0)')
      t.pass()
      return
    }
    t.deepEqual(attempts(t, person.prefix ?? [], person.drop), expected(person))
  })
}

test('root with CAP_BPF and CAP_NET_ADMIN only may do everything', (t) => {
  const failed = attempts(t, limited(',+bpf,+net_admin')).filter(({ error }) => error !== undefined)
  t.deepEqual(
    failed.map(({ attempt, error }) => [attempt, error]),
    [['read a file of root', 'EbpfError ERR_EBPF_PARSE']],
  )
})

test('a user who is not root may do everything with CAP_BPF and CAP_NET_ADMIN', (t) => {
  const all = `-all,+bpf,+net_admin,${reading}`
  const who = ['--reuid=65534', '--regid=65534', '--clear-groups']
  const how = [`--inh-caps=${all}`, `--ambient-caps=${all}`, `--bounding-set=${all}`]
  const failed = attempts(t, ['setpriv', ...who, ...how, '--']).filter(({ error }) => error !== undefined)
  t.deepEqual(
    failed.map(({ attempt, error }) => [attempt, error]),
    [['read a file of root', 'EbpfError ERR_EBPF_PARSE']],
  )
})

function expected({ missing, mayLoad, mayReadAll }: Person): Attempt[] {
  const remedy = `This process lacks ${missing.join(' and ')}: run it as root, or give it the capabilities.`
  const open = (object: string): Omit<Attempt, 'attempt'> => ({
    error: 'EbpfError ERR_EBPF_PERMISSION BPF_MAP_CREATE EPERM',
    message: `Cannot open <tmp>/${object}.bpf.o: the kernel makes neither maps nor programs for this process: Operation not permitted (EPERM). ${remedy}`,
    causes: 0,
    missing,
  })
  const attach: Omit<Attempt, 'attempt'> = {
    error: 'EbpfError ERR_EBPF_PERMISSION BPF_LINK_CREATE EPERM',
    message: `Cannot attach program "fine" to the cgroup "<cgroup2>/<name>": Operation not permitted (EPERM). ${remedy}`,
    causes: 0,
    missing,
  }
  const read = mayReadAll
    ? {
        error: 'EbpfError ERR_EBPF_PARSE',
        message:
          'Cannot open <tmp>/secret.bpf.o: the object is empty (0 bytes). Compile it with clang -O2 -g -target bpf -c.',
      }
    : {
        error: 'EbpfError ERR_EBPF_FILE open EACCES',
        message:
          'Cannot read <tmp>/secret.bpf.o: Permission denied (EACCES). Check `path`: does it exist, is it of the right kind, and may this process open it?',
      }
  return [
    { attempt: 'read a file of root', ...read, causes: 0 },
    { attempt: 'ask for the version of the kernel' },
    { attempt: 'open an object without maps', ...(mayLoad ? {} : open('refused')) },
    { attempt: 'open an object', ...(mayLoad ? {} : open('cgroup_skb')) },
    { attempt: 'open an object on another thread', ...(mayLoad ? {} : open('cgroup_skb')) },
    { attempt: 'load a program', ...(mayLoad ? {} : open('refused')) },
    { attempt: 'load a program on another thread', ...(mayLoad ? {} : open('refused')) },
    { attempt: 'attach a program', ...(mayLoad ? attach : open('refused')) },
  ]
}

/** What a program comes to that runs with these privileges. */
function attempts(t: ExecutionContext, prefix: string[], drop = ''): Attempt[] {
  const file = fileURLToPath(new URL('attempts.ts', import.meta.url))
  const [command = '', ...args] = [
    ...prefix,
    process.execPath,
    ...process.execArgv,
    file,
    publicCopy(t),
    makeCgroup(t).path,
    drop,
  ]
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (error) throw error
  t.is(status, 0, stderr)
  return (JSON.parse(stdout) as Attempt[]).map((attempt) => ({
    ...attempt,
    ...(attempt.message !== undefined && { message: anywhere(attempt.message) }),
  }))
}

/** Starts a program as root that has no capabilities but those to read and these. */
function limited(capabilities: string): string[] {
  return ['setpriv', '--inh-caps=-all', `--bounding-set=-all,${reading}${capabilities}`, '--']
}

/** The package and two objects, where everybody may read them; a third one that only root may read. */
function publicCopy(t: ExecutionContext): string {
  const copy = temporaryFolder(t)
  chmodSync(copy, 0o755)
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  for (const file of [
    join(root, 'package.json'),
    join(root, 'index.js'),
    bindingPath(),
    fixturePath('cgroup_skb'),
    fixturePath('refused'),
  ]) {
    copyFileSync(file, join(copy, basename(file)))
  }
  writeFileSync(join(copy, 'secret.bpf.o'), '', { mode: 0o600 })
  return copy
}
