// Pinned programs: files of a bpf file system that keep a program loaded, and opening them as `CgroupSkb`.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, type CgroupSkbAttachType, type EbpfError, type PathLike } from 'ayajs'
import { attach, idOf, idsOn } from '../helpers/attachments.ts'
import { bpftool, idBehind, showProgram } from '../helpers/bpftool.ts'
import { makeCgroup } from '../helpers/cgroup.ts'
import { counted, loaded, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { noPaths, pinMap, placesWhereNothingCanBe, says } from '../helpers/pin-places.ts'
import { makePinDirectory } from '../helpers/pins.ts'
import { until } from '../helpers/poll.ts'
import { startTraffic } from '../helpers/traffic.ts'

leaveNothingBehind(test)

test('A pinned program stays loaded when its object is closed, until its file is removed', async (t) => {
  const { bpf, program, pin } = makeScene(t)
  const id = idOf(program)
  program.pin(pin)
  bpf.close()
  t.like(bpftool('prog', 'show', 'pinned', pin), { id })
  rmSync(pin)
  t.true(await until(() => showProgram(id) === null))
})

test('`CgroupSkb.fromPin()` opens the same program, ready to be attached', async (t) => {
  const cgroup = makeCgroup(t)
  const { bpf, program, pin } = makeScene(t)
  program.pin(pin)
  const opened = open(t, pin)
  t.is(opened.info().id, idOf(program))
  t.is(idBehind(opened.fd()), idOf(program))
  t.not(opened.fd(), program.fd())
  attach(t, opened, cgroup.path)
  await startTraffic(t, cgroup).udp(2)
  t.is(counted(bpf, 'count_egress'), 2)
})

test('A program from a pin has the name that the kernel keeps, and the direction that was stated', (t) => {
  const { program, pin } = makeScene(t)
  program.pin(pin)
  const [egress, ingress] = [open(t, pin), open(t, pin, 'Ingress')]
  t.is(egress.name, 'count_egress')
  t.is(egress.kind, 'CgroupSkb')
  t.is(egress.expectedAttachType(), 'Egress')
  t.is(ingress.expectedAttachType(), 'Ingress')
  t.is(
    inspect(egress, { breakLength: Infinity, compact: true }),
    "CgroupSkb { name: 'count_egress', kind: 'CgroupSkb', state: 'loaded', expectedAttachType: 'Egress', links: 0 }",
  )
})

test('A program from a pin cannot be loaded; `unload()` detaches its links and closes it, and the pin stays', async (t) => {
  const { path } = makeCgroup(t)
  const { bpf, program, pin } = makeScene(t)
  const id = idOf(program)
  program.pin(pin)
  bpf.close()
  const opened = open(t, pin)
  const message =
    /no code to load\. Use it as it is: it can be attached and run\. Code is loaded from an object: Ebpf\.load\(data\)\.$/
  t.throws(() => opened.load(), { code: 'ERR_EBPF_ALREADY_LOADED', message })
  await t.throwsAsync(opened.loadAsync(), { code: 'ERR_EBPF_ALREADY_LOADED' })
  opened.attach(path, 'Egress')
  opened.unload()
  t.deepEqual(idsOn(path), [])
  for (const method of ['fd', 'info', 'unload', 'unpin'] as const)
    t.throws(() => opened[method](), { code: 'ERR_EBPF_CLOSED', message: /^This program has been closed\. / }, method)
  t.is(open(t, pin).info().id, id)
})

test('`unpin()` of a program removes the file, and the program stays loaded', (t) => {
  const { program, pin } = makeScene(t)
  const id = idOf(program)
  program.pin(pin)
  program.unpin()
  t.false(existsSync(pin))
  t.is(program.info().id, id)
  t.throws(() => program.unpin(), {
    code: 'ERR_EBPF_PIN',
    message: /^Program "count_egress" is not pinned\./,
  })
  program.pin(pin)
  t.true(existsSync(pin))
})

test('`unpin()` of a program from a pin removes the file that it came from', (t) => {
  const { program, pin } = makeScene(t)
  program.pin(pin)
  open(t, pin).unpin()
  t.false(existsSync(pin))
  t.is(program.info().programType, 'CgroupSkb')
})

/** What can be at the path of a pin that is not this program any more. */
const strangers: readonly [title: string, put: (t: ExecutionContext, pin: string) => void, message: RegExp][] = [
  [
    'another program',
    (t, pin) => makeScene(t).program.pin(pin),
    /is another one now, and is left alone\. Compare with/,
  ],
  ['a map', (_, pin) => void pinMap(pin), /is a map, not a program\. Compare with/],
  [
    'a link',
    (t, pin) => attach(t, makeScene(t).program, makeCgroup(t).path).toFdLink().pin(pin).close(),
    /is a link, not a program\./,
  ],
  ['nothing', () => undefined, /ENOENT\)\. Nothing is pinned there\./],
]

for (const [title, put, message] of strangers) {
  test(`\`unpin()\` of a program leaves a file that is not its own: ${title}`, (t) => {
    const { program, pin } = makeScene(t)
    program.pin(pin)
    renameSync(pin, `${pin}-elsewhere`)
    put(t, pin)
    t.throws(() => program.unpin(), { code: 'ERR_EBPF_PIN', message })
    t.is(existsSync(pin), title !== 'nothing')
    t.true(existsSync(`${pin}-elsewhere`))
  })
}

for (const { title, path, end, errnoName } of placesWhereNothingCanBe) {
  test(`a program whose pinning fails is as it was: ${title}`, (t) => {
    const { program, pin } = makeScene(t)
    const where = path(dirname(pin))
    const message = says(`Cannot pin the program at ${where}: ${end}`)
    const error = t.throws<EbpfError>(() => program.pin(where), { code: 'ERR_EBPF_PIN', message })
    t.like(error, { errnoName, path: where, syscall: 'BPF_OBJ_PIN' })
    program.pin(pin)
    t.true(existsSync(pin))
  })
}

test('A program has one pin: a second path throws `ERR_EBPF_PIN` and names the first', (t) => {
  const { program, pin } = makeScene(t)
  program.pin(pin)
  t.throws(() => program.pin(`${pin}-2`), { code: 'ERR_EBPF_PIN', message: new RegExp(`is pinned at ${pin} already`) })
  t.false(existsSync(`${pin}-2`))
})

test('pin and unpin of a program that is not loaded throw ERR_EBPF_NOT_LOADED', (t) => {
  const { program, pin } = makeScene(t)
  program.unload()
  t.throws(() => program.pin(pin), { code: 'ERR_EBPF_NOT_LOADED' })
  t.throws(() => program.unpin(), { code: 'ERR_EBPF_NOT_LOADED' })
})

test('a program that is loaded again is not the one that was pinned', (t) => {
  const { program, pin } = makeScene(t)
  program.pin(pin)
  program.unload()
  program.load()
  t.throws(() => program.unpin(), { code: 'ERR_EBPF_PIN', message: /is not pinned/ })
  t.true(existsSync(pin))
})

/** What cannot be opened as a program of this kind. */
const noPrograms: readonly [
  title: string,
  put: (t: ExecutionContext, pin: string) => PathLike,
  code: string,
  message: RegExp,
][] = [
  [
    'a program of another kind',
    pinXdp,
    'ERR_EBPF_UNEXPECTED_PROGRAM_TYPE',
    /^Program "xdp_pass" is of kind Xdp, not CgroupSkb\. /,
  ],
  ['a map', (_, pin) => pinMap(pin), 'ERR_EBPF_PIN', /is a map, not a program\./],
  [
    'a link',
    (t, pin) => (attach(t, makeScene(t).program, makeCgroup(t).path).toFdLink().pin(pin).close(), pin),
    'ERR_EBPF_PIN',
    /is a link, not a program\./,
  ],
  ['nothing', (_, pin) => pin, 'ERR_EBPF_PIN', /ENOENT\)\. Nothing is pinned there\./],
  [
    'a file of another file system',
    () => '/proc/self/mounts',
    'ERR_EBPF_PIN',
    /EACCES\)\. Only files of a mounted bpf file system/,
  ],
]

for (const [title, put, code, message] of noPrograms) {
  test(`\`CgroupSkb.fromPin()\` opens no other thing: ${title}`, (t) => {
    const path = put(t, makeScene(t).pin)
    t.throws(() => CgroupSkb.fromPin(path, 'Egress'), { code, message })
  })
}

for (const [path, code] of noPaths) {
  test(`misuse: ${JSON.stringify(path)} is no path for a pin of a program`, (t) => {
    const { program } = makeScene(t)
    t.throws(() => program.pin(path as string), { instanceOf: TypeError, code })
    t.throws(() => CgroupSkb.fromPin(path as string, 'Egress'), { instanceOf: TypeError, code })
  })
}

test('misuse: CgroupSkb.fromPin without a direction throws before the file is opened', (t) => {
  for (const direction of [undefined, null, 'egress', 1]) {
    t.throws(() => CgroupSkb.fromPin('/absent', direction as CgroupSkbAttachType), { instanceOf: TypeError })
  }
})

interface Scene {
  readonly bpf: ReturnType<typeof openFixture>
  readonly program: CgroupSkb
  /** A path for a pin. */
  readonly pin: string
}

function makeScene(t: ExecutionContext): Scene {
  const pin = `${makePinDirectory(t)}/program`
  const bpf = openFixture(t, 'cgroup_skb')
  return { bpf, program: loaded(bpf, 'count_egress'), pin }
}

/** Opens the pin until the test ends. */
function open(t: ExecutionContext, pin: string, attachType: CgroupSkbAttachType = 'Egress'): CgroupSkb {
  const program = CgroupSkb.fromPin(pin, attachType)
  t.teardown(() => {
    if (isOpen(program)) program.unload()
  })
  return program
}

function isOpen(program: CgroupSkb): boolean {
  try {
    return program.asRawFd() !== null
  } catch {
    return false
  }
}

function pinXdp(t: ExecutionContext, pin: string): string {
  const program = openFixture(t, 'kinds').program('xdp_pass')
  program?.load()
  program?.pin(pin)
  return pin
}
