// `CgroupSkb.attach`: everything that can stand for a cgroup, and everything that cannot.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, CgroupSkbAttachType, type Ebpf, EbpfError, type Cgroup } from 'ayajs'
import { attachedIds } from '../../helpers/bpftool.ts'
import { cgroupMount, makeCgroup } from '../../helpers/cgroup.ts'
import { loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

const { Egress, Ingress } = CgroupSkbAttachType

/** An open descriptor of a directory or file, until the test ends. */
function descriptorOf(t: ExecutionContext, path: string): number {
  const fd = openSync(path, 'r')
  t.teardown(() => closeSync(fd))
  return fd
}

const cgroups: readonly { what: string; of: (t: ExecutionContext, path: string) => Cgroup | Promise<Cgroup> }[] = [
  { what: 'a path', of: (_, path) => path },
  { what: 'a path with a slash at its end', of: (_, path) => `${path}/` },
  { what: 'a Buffer', of: (_, path) => Buffer.from(path) },
  { what: 'a Uint8Array', of: (_, path) => new TextEncoder().encode(path) },
  { what: 'a URL', of: (_, path) => pathToFileURL(path) },
  { what: 'a descriptor', of: descriptorOf },
  { what: 'an object with an fd', of: (t, path) => ({ fd: descriptorOf(t, path) }) },
  {
    what: 'a FileHandle',
    of: async (t, path) => {
      const handle = await open(path)
      t.teardown(() => handle.close())
      return handle
    },
  },
]

for (const { what, of } of cgroups) {
  test(`CgroupSkb.attach takes ${what} as a cgroup`, async (t) => {
    const { path } = makeCgroup(t)
    const cgroup = await of(t, path)
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
    const descriptors = readdirSync('/proc/self/fd').length
    program.attach(cgroup, Egress)
    t.is(readdirSync('/proc/self/fd').length, descriptors + 1, 'one is the link; what was opened is closed')
    t.deepEqual(attachedIds(path, 'egress'), [program.info().id])
    t.deepEqual(attachedIds(path, 'ingress'), [])
  })
}

test('CgroupSkb.attach takes a cgroup whose name is no UTF-8', (t) => {
  const outer = makeCgroup(t)
  const path = Buffer.concat([Buffer.from(`${outer.path}/`), Buffer.of(0xff, 0xfe)])
  mkdirSync(path)
  t.teardown(() => rmdirSync(path))
  const link = loaded(openFixture(t, 'cgroup_skb'), 'count_egress').attachLink(path, Egress)
  t.is(link.info().cgroupId, statSync(path, { bigint: true }).ino)
  link.detach()
})

test('CgroupSkb.attach leaves a descriptor that was given open, also when it fails', (t) => {
  const fd = descriptorOf(t, makeCgroup(t).path)
  const program = loaded(openCongesting(t), 'verdict')
  program.attach(fd, Egress)
  t.throws(() => program.attach(fd, Ingress), { code: 'ERR_EBPF_ATTACH' })
  t.true(readdirSync('/proc/self/fd').includes(`${fd}`))
})

test('CgroupSkb.attach throws ERR_EBPF_ATTACH for an egress program as Ingress, when it may return more than 1', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openCongesting(t), 'verdict')
  const error = t.throws(() => program.attach(path, Ingress), { instanceOf: EbpfError, code: 'ERR_EBPF_ATTACH' })
  t.like(error, { syscall: 'BPF_LINK_CREATE', errnoName: 'EINVAL', program: 'verdict' })
  t.regex(error?.message ?? '', /may return more than 0 and 1/)
  t.deepEqual(attachedIds(path, 'ingress'), [])
})

test('CgroupSkb.attach takes a program in the other direction than its section says, where the kernel does', (t) => {
  const { path } = makeCgroup(t)
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  program.attach(path, Ingress)
  t.deepEqual(attachedIds(path, 'ingress'), [program.info().id])
  t.deepEqual(attachedIds(path, 'egress'), [])
})

test('CgroupSkb.attach throws ERR_EBPF_NOT_LOADED before load and after unload', (t) => {
  const { path } = makeCgroup(t)
  const program = CgroupSkb.tryFrom(openFixture(t, 'cgroup_skb').program('count_egress'))
  t.throws(() => program.attach(path, Egress), { code: 'ERR_EBPF_NOT_LOADED' })
  program.load()
  program.unload()
  t.throws(() => program.attach(path, Egress), { code: 'ERR_EBPF_NOT_LOADED' })
})

test('CgroupSkb.attach throws ERR_EBPF_CLOSED after close of the object', (t) => {
  const { path } = makeCgroup(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  bpf.close()
  t.throws(() => program.attach(path, Egress), { code: 'ERR_EBPF_CLOSED' })
})

const noCgroups: readonly { what: string; code: string; of: (t: ExecutionContext) => unknown; says: RegExp }[] = [
  {
    what: 'a path where nothing is',
    code: 'ERR_EBPF_FILE',
    of: () => join(cgroupMount(), 'no', 'such'),
    says: /ENOENT/,
  },
  { what: 'a file', code: 'ERR_EBPF_NOT_CGROUP', of: () => '/proc/self/mounts', says: /not a directory/ },
  { what: 'another directory', code: 'ERR_EBPF_NOT_CGROUP', of: makeDirectory, says: /not a cgroup v2 directory/ },
  { what: 'a descriptor of something else', code: 'ERR_EBPF_NOT_CGROUP', of: () => 2, says: /^Descriptor 2 is/ },
  { what: 'a descriptor that is not open', code: 'ERR_EBPF_NOT_CGROUP', of: () => 2 ** 31 - 1, says: /is not open/ },
  { what: 'an empty path', code: 'ERR_INVALID_ARG_VALUE', of: () => '', says: /empty/ },
  { what: 'a path with a NUL byte', code: 'ERR_INVALID_ARG_VALUE', of: () => '/sys\0/fs', says: /null bytes/ },
  { what: 'a negative descriptor', code: 'ERR_OUT_OF_RANGE', of: () => -1, says: /"cgroup"/ },
  { what: 'a fractional descriptor', code: 'ERR_OUT_OF_RANGE', of: () => 3.5, says: /"cgroup"/ },
  { what: 'NaN', code: 'ERR_OUT_OF_RANGE', of: () => NaN, says: /"cgroup"/ },
  { what: 'a descriptor of more than 31 bits', code: 'ERR_OUT_OF_RANGE', of: () => 2 ** 32 + 3, says: /"cgroup"/ },
  {
    what: 'an object whose fd is no number',
    code: 'ERR_INVALID_ARG_TYPE',
    of: () => ({ fd: '3' }),
    says: /"cgroup.fd"/,
  },
  { what: 'an object without an fd', code: 'ERR_INVALID_ARG_TYPE', of: () => ({}), says: /"cgroup"/ },
  { what: 'null', code: 'ERR_INVALID_ARG_TYPE', of: () => null, says: /"cgroup"/ },
  { what: 'a URL that is no file', code: 'ERR_INVALID_URL_SCHEME', of: () => new URL('http://a/b'), says: /file/ },
]

for (const { what, code, of, says } of noCgroups) {
  test(`CgroupSkb.attach throws ${code} for ${what}`, (t) => {
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
    const cgroup = of(t) as Cgroup
    const descriptors = readdirSync('/proc/self/fd').length
    t.throws(() => program.attach(cgroup, Egress), { code, message: says })
    t.is(readdirSync('/proc/self/fd').length, descriptors)
  })
}

// The file lies in a file system of the right kind, and is taken for a directory: the kernel's EBADF comes unexplained.
test('CgroupSkb.attach throws ERR_EBPF_NOT_CGROUP for a file in a cgroup', (t) => {
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  const file = descriptorOf(t, join(makeCgroup(t).path, 'cgroup.procs'))
  t.throws(() => program.attach(file, Egress), { code: 'ERR_EBPF_NOT_CGROUP', message: /cgroup v2 is mounted at/ })
})

test('CgroupSkb.attach says of a v1 cgroup that it is one', (t) => {
  const path = makeDirectory(t)
  execFileSync('mount', ['-t', 'cgroup', '-o', `none,name=ayajs-test-${process.pid}`, 'none', path])
  t.teardown(() => execFileSync('umount', [path]))
  const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
  t.throws(() => program.attach(path, Egress), { code: 'ERR_EBPF_NOT_CGROUP', message: /is a cgroup v1 directory/ })
})

const noDirections = [undefined, null, 'egress', 'Sideways', 1, {}]

for (const direction of noDirections) {
  test(`CgroupSkb.attach throws a TypeError for ${JSON.stringify(direction)} as a direction`, (t) => {
    const { path } = makeCgroup(t)
    const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
    t.throws(() => program.attach(path, direction as CgroupSkbAttachType), { instanceOf: TypeError })
  })
}

function makeDirectory(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'ayajs-test-'))
  t.teardown(() => rmdirSync(path))
  return path
}

/** Its program `verdict` may tell TCP of congestion, which only egress can. */
function openCongesting(t: ExecutionContext): Ebpf {
  return openFixture(t, 'cgroup_skb', { globals: { verdict_value: new Uint8Array(Uint32Array.of(3).buffer) } })
}
