// Pinned links: files of a bpf file system that hold a program attached.
import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { PinnedLink, type CgroupSkb, type EbpfError, type FdLink, type PathLike } from 'ayajs'
import { attach, closedAtEnd, counting, idOf, idsOn, untilEnd } from '../../helpers/attachments.ts'
import { bpftool, showLink } from '../../helpers/bpftool.ts'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { openFixture, loaded } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { noPaths, pinMap, placesWhereNothingCanBe, says } from '../../helpers/pin-places.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { until } from '../../helpers/poll.ts'

leaveNothingBehind(test)

interface Scene {
  readonly cgroup: string
  readonly pins: string
  readonly bpf: { close(): void }
  readonly program: CgroupSkb
  readonly link: FdLink
}

test('A pinned link stays attached after `close()`, and when its object and program are closed', (t) => {
  const { cgroup, pins, bpf, link, program } = makeScene(t)
  const id = idOf(program)
  const pinned = link.pin(`${pins}/link`)
  t.true(link.closed)
  t.true(pinned.attached)
  pinned.close()
  bpf.close()
  t.false(pinned.attached)
  t.deepEqual(idsOn(cgroup), [id])
})

test('The file alone holds a pinned link that is closed: it ends when the file is removed', async (t) => {
  const { cgroup, pins, link } = makeScene(t)
  const pinned = link.pin(`${pins}/link`)
  const { id } = pinned.info()
  pinned.close()
  rmSync(`${pins}/link`)
  t.true(await until(() => showLink(id) === null))
  t.deepEqual(idsOn(cgroup), [])
})

test('A pinned link that is open stays attached when its file is removed, until `close()`', async (t) => {
  const { cgroup, pins, link } = makeScene(t)
  const pinned = link.pin(`${pins}/link`)
  rmSync(`${pins}/link`)
  t.true(pinned.attached)
  t.throws(() => pinned.unpin(), { code: 'ERR_EBPF_PIN', message: /ENOENT.* Nothing is pinned there\.$/ })
  t.true(pinned.attached)
  pinned.close()
  t.true(await until(() => idsOn(cgroup).length === 0))
})

test('`PinnedLink.fromPin()` opens the same link, as often as it is called', (t) => {
  const { pins, link } = makeScene(t)
  const pinned = closedAtEnd(t, link.pin(`${pins}/link`))
  const others = [1, 2].map(() => closedAtEnd(t, PinnedLink.fromPin(`${pins}/link`)))
  for (const other of others) t.deepEqual(other.info(), pinned.info())
  t.is(new Set([pinned, ...others].map((one) => one.fd())).size, 3)
})

test('`unpin()` removes the file and gives the link back, attached', (t) => {
  const { cgroup, pins, link, program } = makeScene(t)
  const pinned = link.pin(`${pins}/link`)
  const { id } = pinned.info()
  const back = untilEnd(t, pinned.unpin())
  t.true(pinned.closed)
  t.false(existsSync(`${pins}/link`))
  t.is(back.info().id, id)
  t.deepEqual(idsOn(cgroup), [idOf(program)])
  back.pin(`${pins}/again`).close()
  t.deepEqual(idsOn(cgroup), [idOf(program)])
})

test('bpftool names the file of a pinned link', (t) => {
  const { pins, link } = makeScene(t)
  const pinned = closedAtEnd(t, link.pin(`${pins}/link`))
  t.is(pinned.path, `${pins}/link`)
  t.like(bpftool('link', 'show', 'pinned', `${pins}/link`), { id: pinned.info().id })
})

const paths: Record<string, (path: string) => PathLike> = {
  'a Buffer': (path) => Buffer.from(path),
  'a URL': (path) => pathToFileURL(path),
  'bytes that are no UTF-8': (path) => Buffer.concat([Buffer.from(path), Buffer.of(0xff)]),
}

for (const [what, of] of Object.entries(paths)) {
  test(`${what} is a path for pin and fromPin`, (t) => {
    const { pins, link } = makeScene(t)
    const path = of(`${pins}/link`)
    const pinned = link.pin(path)
    t.is(closedAtEnd(t, PinnedLink.fromPin(path)).info().id, pinned.info().id)
    untilEnd(t, pinned.unpin())
  })
}

for (const { title, path, end, errnoName } of placesWhereNothingCanBe) {
  test(`A link whose pinning fails is as it was: ${title}`, (t) => {
    const { cgroup, link, pins, program } = makeScene(t)
    const where = path(pins)
    const message = says(`Cannot pin the link at ${where}: ${end}`)
    const error = t.throws<EbpfError>(() => link.pin(where), { code: 'ERR_EBPF_PIN', message })
    t.like(error, { errnoName, path: where, syscall: 'BPF_OBJ_PIN' })
    t.false(link.closed)
    t.deepEqual(idsOn(cgroup), [idOf(program)])
    closedAtEnd(t, link.pin(`${pins}/link`))
  })
}

/** What can be at the path of a pin that is not this link any more. */
const strangers: readonly [title: string, put: (scene: Scene, t: ExecutionContext) => void, message: RegExp][] = [
  [
    'another link',
    ({ cgroup, pins }, t) => closedAtEnd(t, linkTo(t, cgroup).pin(`${pins}/link`)),
    /is another one now, and is left alone\. Compare with what is pinned/,
  ],
  [
    'a program',
    ({ program, pins }) => program.pin(`${pins}/link`),
    /is a program, not a link\. Compare with what is pinned/,
  ],
  ['a directory', ({ pins }) => mkdirSync(`${pins}/link`), /EACCES\)\. Only files of a mounted bpf file system/],
  ['nothing', () => undefined, /ENOENT\)\. Nothing is pinned there\./],
]

for (const [title, put, message] of strangers) {
  test(`\`unpin()\` of a link leaves a file that is not its own: ${title}`, (t) => {
    const scene = makeScene(t)
    const { pins } = scene
    const pinned = closedAtEnd(t, scene.link.pin(`${pins}/link`))
    renameSync(`${pins}/link`, `${pins}/elsewhere`)
    put(scene, t)
    t.throws(() => pinned.unpin(), { code: 'ERR_EBPF_PIN', message })
    t.is(existsSync(`${pins}/link`), title !== 'nothing')
    t.true(existsSync(`${pins}/elsewhere`))
    t.false(pinned.closed)
    t.true(pinned.attached)
    if (title === 'a directory') rmdirSync(`${pins}/link`)
  })
}

/** What cannot be opened as a link. */
const noLinks: readonly [title: string, put: (scene: Scene) => string, message: (path: string) => string][] = [
  [
    'nothing',
    ({ pins }) => `${pins}/absent`,
    (path) => `Cannot open what is pinned at ${path}: No such file or directory (ENOENT). Nothing is pinned there.`,
  ],
  [
    'a program',
    ({ pins, program }) => (program.pin(`${pins}/it`), `${pins}/it`),
    (path) =>
      `What is pinned at ${path} is a program, not a link. Compare with what is pinned: bpftool prog show, bpftool link show, with --bpffs.`,
  ],
  [
    'a map',
    ({ pins }) => pinMap(`${pins}/it`),
    (path) =>
      `What is pinned at ${path} is a map, not a link. Compare with what is pinned: bpftool prog show, bpftool link show, with --bpffs.`,
  ],
  [
    'a file of another file system',
    () => '/proc/self/mounts',
    (path) =>
      `Cannot open what is pinned at ${path}: Permission denied (EACCES). Only files of a mounted bpf file system can be opened so, by whoever may read them.`,
  ],
]

for (const [title, put, message] of noLinks) {
  test(`\`PinnedLink.fromPin()\` opens no other thing: ${title}`, (t) => {
    const path = put(makeScene(t))
    t.throws(() => PinnedLink.fromPin(path), { code: 'ERR_EBPF_PIN', message: message(path) })
  })
}

for (const [path, code] of noPaths) {
  test(`misuse: ${JSON.stringify(path)} is no path for a pin of a link`, (t) => {
    const { link } = makeScene(t)
    t.throws(() => link.pin(path as string), { instanceOf: TypeError, code })
    t.throws(() => PinnedLink.fromPin(path as string), { instanceOf: TypeError, code })
    t.true(link.attached)
  })
}

function makeScene(t: ExecutionContext): Scene {
  const cgroup = makeCgroup(t).path
  const pins = makePinDirectory(t)
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  return { cgroup, pins, bpf, program, link: untilEnd(t, attach(t, program, cgroup).toFdLink()) }
}

function linkTo(t: ExecutionContext, cgroup: string): FdLink {
  const [program] = counting(t, 1) as [CgroupSkb]
  return untilEnd(t, attach(t, program, cgroup).toFdLink())
}
