// A panic of aya's while it opens an object is told as what is wrong with the object, and does no harm.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { Btf, Ebpf, EbpfError } from 'ayajs'
import { fixturePath } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'

leaveNothingBehind(test)

const object = readFileSync(fixturePath('relocated'))

/**
 * The types of the object as those of a kernel in which `struct outer` has `flag` where it was, and as no bit-field: its
 * offset in bits is 64, and above that stands its width, 1 (linux/btf.h: `BTF_MEMBER_BITFIELD_SIZE`).
 */
function kernelWithoutBitField(): Btf {
  const types = Buffer.from(sectionThatBeginsWith([0x9f, 0xeb, 1, 0, 24]))
  const place = types.indexOf(Buffer.from([64, 0, 0, 1]))
  types[place + 3] = 0
  return Btf.parse(types)
}

function sectionThatBeginsWith(bytes: readonly number[]): Uint8Array {
  const start = object.indexOf(Buffer.from(bytes))
  const header = object.subarray(start)
  const end = 24 + header.readUInt32LE(16) + header.readUInt32LE(20)
  return header.subarray(0, end)
}

test('a bit-field that the kernel has as a plain field is a failure of the object, not an internal one', (t) => {
  const btf = kernelWithoutBitField()
  for (let times = 0; times < 3; times++) {
    const error = t.throws(() => Ebpf.load(object, { btf }), { instanceOf: EbpfError, code: 'ERR_EBPF_PARSE' })
    t.regex(
      error?.message ?? '',
      /^Cannot open the object: aya could not read this object \(panicked at .*relocation\.rs/,
    )
  }
})

test('the next object opens as if nothing had been', async (t) => {
  const btf = kernelWithoutBitField()
  await t.throwsAsync(Ebpf.loadAsync(object, { btf }), { code: 'ERR_EBPF_PARSE' })
  using bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
  t.true([...bpf.programs()].length > 0)
})
