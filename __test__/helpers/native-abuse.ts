// A child process that calls everything that ayajs/native exports with everything that is wrong, and reports what was odd.
import { readFileSync } from 'node:fs'
import * as native from 'ayajs/native'
import { fixturePath } from './fixtures.ts'
import { pageSize } from './page-size.ts'

export interface Report {
  readonly calls: number
  /** Methods, getters and functions that were called, as `Program.load`. */
  readonly called: readonly string[]
  /** Calls that threw something else than an Error. */
  readonly odd: readonly string[]
}

type Callable = (...args: readonly unknown[]) => unknown

const detached = new Uint8Array(64)
structuredClone(detached.buffer, { transfer: [detached.buffer] })

/** One of every exported class that there are objects of, from an object that is open, with a program that is loaded. */
const ebpf = new native.EbpfLoader().load(readFileSync(fixturePath('cgroup_skb')))
const program = present(ebpf.program('count_any'))
const cgroupSkb = native.CgroupSkb.tryFrom(program)
const loader = new native.EbpfLoader()
const map = present(ebpf.map('packets'))
const closedMap = native.MapData.create({ mapType: 'Hash', keySize: 4, valueSize: 8, maxEntries: 8 })
const element = map.element(new Uint8Array(new SharedArrayBuffer(map.elementLayout().size)))
const closedElement = closedMap.element(new Uint8Array(new SharedArrayBuffer(64)))
const control = new Int32Array(new SharedArrayBuffer(16))
const elements = native.elementFunctions(new Uint8Array(control.buffer))
closedMap.close()
const ring = native.MapData.create({ mapType: 'RingBuf', keySize: 0, valueSize: 0, maxEntries: pageSize })
const reader = native.RingReader.open(ring)
const btf = native.Btf.parse(readFileSync('/sys/kernel/btf/vmlinux'))
program.load()

const garbage: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  1,
  -1,
  3.9,
  NaN,
  Infinity,
  4294967299,
  2 ** 53,
  -(2n ** 70n),
  7n,
  '',
  'x',
  'a\0b',
  '\ud800',
  'x'.repeat(2 ** 20),
  Symbol('x'),
  {},
  [],
  Object.create(null),
  () => 1,
  new Date(NaN),
  new Proxy({}, { get: thrower, getPrototypeOf: () => native.Program.prototype }),
  Object.defineProperty({}, 'length', { get: thrower }),
  detached,
  detached.buffer,
  new Uint8Array(0),
  new Uint8Array(4),
  new Uint8Array(new SharedArrayBuffer(8)),
  new Uint8Array(new SharedArrayBuffer(4096)),
  new Uint8Array(new SharedArrayBuffer(4096)).subarray(1),
  { mapType: 'Hash', keySize: 2 ** 32 - 1, valueSize: 2 ** 32 - 1, maxEntries: 2 ** 32 - 1 },
  { mapType: 'Array', keySize: NaN, valueSize: 4, maxEntries: 1, mapFlags: {}, mapExtra: 7 },
  new Uint8Array(100_000).fill(0x45),
  new Float64Array(3),
  new Uint32Array(4),
  new DataView(new ArrayBuffer(8)),
  Object.create(native.Program.prototype),
  Object.setPrototypeOf(new native.EbpfLoader(), native.Program.prototype),
  Object.setPrototypeOf(new native.EbpfLoader(), native.CgroupSkbLinkId.prototype),
  Object.setPrototypeOf(new native.EbpfLoader(), native.Btf.prototype),
  Object.setPrototypeOf(new native.EbpfLoader(), native.MapData.prototype),
  new native.EbpfLoader(),
  ebpf,
  program,
  cgroupSkb,
  map,
  closedMap,
  ring,
  reader,
  btf,
]

/** What may follow the first argument: tried with each of those, so they are few. */
const followers: readonly unknown[] = [undefined, null, -1, 4294967299, 'Egress', new Uint8Array(3), {}, Symbol('y')]

/** Whoever can be `this`. */
const receivers: readonly unknown[] = [
  ebpf,
  program,
  cgroupSkb,
  loader,
  map,
  closedMap,
  reader,
  btf,
  undefined,
  null,
  7,
  {},
]

const pending: Promise<unknown>[] = []
const called = new Set<string>()
const odd: string[] = []
let calls = 0

for (const [name, exported] of Object.entries(native)) {
  if (typeof exported !== 'function' || name === 'setErrorFactory') continue
  const made: Callable = (...args) => Reflect.construct(exported, args)
  attackEach(name, exported as Callable, undefined)
  attackEach(`new ${name}`, made, undefined)
  for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
    if (typeof value === 'function') attackEach(`${name}.${method}`, value as Callable, exported)
  }
  const own = Object.entries(Object.getOwnPropertyDescriptors((exported as { prototype: object }).prototype ?? {}))
  for (const [method, { value, get }] of own) {
    const call: unknown = value ?? get
    if (typeof call !== 'function' || method === 'constructor' || (name === 'Ebpf' && method === 'close')) continue
    attackEach(
      `${name}.prototype.${method}`,
      call as Callable,
      receivers.find((one) => one instanceof exported),
    )
    for (const receiver of receivers) attack(`${name}.prototype.${method}`, call as Callable, receiver, [program])
  }
}

for (const index of [element.index, closedElement.index, -1]) {
  control[0] = index
  for (const [name, call] of Object.entries(elements)) attackEach(`elements.${name}`, call, map)
}

await Promise.allSettled(pending)
for (const factory of garbage) attack('setErrorFactory', native.setErrorFactory as Callable, undefined, [factory])
for (const factory of [thrower, () => 7, () => undefined, () => program]) {
  native.setErrorFactory(factory as unknown as () => Error)
  if (!throws(fails)) odd.push(`no failure came out of the factory ${factory}`)
}
// They live on: what was open before, still is.
if (ebpf.programNames().length !== 6) odd.push('the object has lost its programs')
const report: Report = { calls, called: [...called], odd }
process.send?.(report)

/** Calls with every first argument, alone, with each follower, and in threes. */
function attackEach(name: string, call: Callable, receiver: unknown): void {
  called.add(name)
  for (const first of garbage) {
    attack(name, call, receiver, [first])
    // Reading the kernel's types takes long, and listens to nobody.
    if (name === 'Btf.fromSysFs') return
    for (const second of followers) attack(name, call, receiver, [first, second])
    attack(name, call, receiver, [first, first, first])
  }
}

function attack(name: string, call: Callable, receiver: unknown, args: readonly unknown[]): void {
  calls++
  try {
    const result = Reflect.apply(call, receiver, args)
    if (result instanceof Promise) pending.push(result.catch((error: unknown) => check(name, error)))
    if (result instanceof native.Ebpf) result.close()
    if (result instanceof native.MapData && result !== map) result.close()
    if (result instanceof native.RingReader && result !== reader) result.close()
  } catch (error) {
    check(name, error)
  }
}

function check(name: string, error: unknown): void {
  if (!(error instanceof Error)) odd.push(`${name} threw ${typeof error}`)
  else if ((error as NodeJS.ErrnoException).code === 'ERR_EBPF_INTERNAL') odd.push(`${name}: ${error.message}`)
}

/** A call that fails, and so asks the factory for an error. */
function fails(): never {
  native.readObject('/nonexistent')
  throw new TypeError('reading a file that is not there has not failed')
}

function throws(call: () => unknown): boolean {
  try {
    call()
    return false
  } catch (error) {
    return !(error instanceof TypeError)
  }
}

function thrower(): never {
  throw new Error('a getter that throws')
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('the fixture has changed')
  return value
}
