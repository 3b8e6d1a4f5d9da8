// Kernel versions: what is one, their order, and the running kernel's.
import { release } from 'node:os'
import test from 'ava'
import { KernelVersion } from 'ayajs'

test('a KernelVersion has its three numbers and their text', (t) => {
  const { major, minor, patch } = new KernelVersion(6, 1, 128)
  t.deepEqual([major, minor, patch], [6, 1, 128])
  t.is(`${new KernelVersion(6, 1, 128)}`, '6.1.128')
})

const codes: [version: [number, number, number], code: number][] = [
  [[0, 0, 0], 0],
  [[5, 8, 0], 0x050800],
  [[6, 1, 128], 0x060180],
  [[4, 19, 255], 0x0413ff],
  [[4, 19, 256], 0x0413ff],
  [[255, 255, 65_535], 0xffffff],
]

for (const [version, code] of codes) {
  test(`the code of ${version.join('.')} is that of LINUX_VERSION_CODE`, (t) => {
    t.is(new KernelVersion(...version).code(), code)
  })
}

test('versions are ordered by major, then minor, then patch', (t) => {
  const versions = [
    [6, 1, 2],
    [5, 10, 0],
    [6, 1, 10],
    [6, 0, 99],
    [5, 9, 255],
  ].map(([major = 0, minor = 0, patch = 0]) => new KernelVersion(major, minor, patch))
  t.deepEqual(versions.sort((a, b) => a.compare(b)).map(String), ['5.9.255', '5.10.0', '6.0.99', '6.1.2', '6.1.10'])
  t.is(new KernelVersion(6, 1, 2).compare(new KernelVersion(6, 1, 2)), 0)
})

test('patches above 255 are told apart, although their code is the same', (t) => {
  t.true(new KernelVersion(4, 19, 300).compare(new KernelVersion(4, 19, 299)) > 0)
})

const wrong: [numbers: [number, number, number], name: string][] = [
  [[-1, 0, 0], 'major'],
  [[256, 0, 0], 'major'],
  [[6, 1.5, 0], 'minor'],
  [[6, NaN, 0], 'minor'],
  [[6, 1, 65_536], 'patch'],
]

for (const [numbers, name] of wrong) {
  test(`${numbers.join('.')} is no kernel version for its ${name}`, (t) => {
    const error = t.throws(() => new KernelVersion(...numbers), { instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE' })
    t.true(error.message.startsWith(`The value of "${name}" is out of range.`), error.message)
  })
}

test('KernelVersion.current agrees with uname', (t) => {
  const { major, minor } = KernelVersion.current()
  t.is(`${major}.${minor}`, /^\d+\.\d+/.exec(release())?.[0] ?? '')
})
