// What is said of an object that cannot be opened, and of options that name what it does not have.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Btf, type BytesMap, Ebpf, EbpfError, type LoadOptions } from 'ayajs'
import { fixturePath, mapOf, openFixture } from '../../helpers/fixtures.ts'
import { hasFeature } from '../../helpers/kernel-features.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { makePinDirectory } from '../../helpers/pins.ts'
import { refuse, temporaryFolder, type Case } from './reports.ts'

leaveNothingBehind(test)

const object = readFileSync(fixturePath('cgroup_skb'))

const compile = 'Compile it with clang -O2 -g -target bpf -c.'
const checkPath = 'Check `path`: does it exist, is it of the right kind, and may this process open it?'
const needsBtf =
  'Compile the object with clang -g, in Rust with debug = 2 and bpf-linker --btf; check that the kernel has /sys/kernel/btf/vmlinux.'
const pinBelow =
  'Pin below a mounted bpf file system (mount -t bpf bpf /sys/fs/bpf), in a directory that exists, at a free name.'
const compare = 'Compare with what is there: bpftool map show.'
const rules =
  'The kernel does not say what it dislikes: it may lack the type, and each type has its own rules for sizes and flags, see docs.kernel.org/bpf/maps.html.'
const programs = 'count_any, count_egress, count_ingress, drop_egress, length_verdict, verdict'

const files: Case[] = [
  {
    title: 'a file that does not exist',
    run: (t) => Ebpf.loadFile(join(temporaryFolder(t), 'absent.bpf.o')),
    error: 'EbpfError ERR_EBPF_FILE open ENOENT',
    message: `Cannot read <tmp>/absent.bpf.o: No such file or directory (ENOENT). ${checkPath}`,
  },
  {
    title: 'a directory instead of a file',
    run: (t) => Ebpf.loadFileAsync(temporaryFolder(t)),
    error: 'EbpfError ERR_EBPF_FILE read EISDIR',
    message: `Cannot read <tmp>: Is a directory (EISDIR). ${checkPath}`,
  },
  {
    title: 'an empty file',
    run: (t) => Ebpf.loadFile(emptyFile(t)),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open <tmp>/empty.bpf.o: the object is empty (0 bytes). ${compile}`,
  },
  {
    title: 'no bytes',
    run: () => Ebpf.load(new Uint8Array()),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open the object: the object is empty (0 bytes). ${compile}`,
  },
  {
    title: 'the source instead of the object',
    run: () => Ebpf.loadFileAsync(fixturePath('cgroup_skb').replace(/o$/, 'c')),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open <fixtures>/cgroup_skb.bpf.c: not an ELF file: it starts with 2f 2f 20 53. ${compile}`,
  },
  {
    title: 'a program of this machine instead of an eBPF object',
    run: () => Ebpf.load(patched(18, 62)),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open the object: the object is for machine 62, not for eBPF (247). ${compile}`,
  },
  {
    title: 'an object cut off in its ELF header',
    run: () => Ebpf.loadAsync(object.subarray(0, 63)),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open the object: the ELF file is malformed: Invalid ELF header size or alignment; the object may be truncated. ${compile}`,
  },
  {
    title: 'an object cut off before its section headers',
    run: () => Ebpf.load(object.subarray(0, object.length - 1)),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open the object: the ELF file is malformed: Invalid ELF section header offset/size/alignment; the object may be truncated. ${compile}`,
  },
  {
    title: 'a big-endian object',
    run: () => Ebpf.loadFile(fixturePath('big_endian')),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open <fixtures>/big_endian.bpf.o: the object is big-endian, this machine is little-endian: compile it with -target bpfel. ${compile}`,
  },
  {
    title: 'a linked object',
    run: () => Ebpf.load(patched(16, 2)),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open the object: the object is not relocatable: it has been linked. ${compile}`,
  },
  {
    title: 'BTF maps without BTF',
    run: () => Ebpf.loadFile(fixturePath('no_btf')),
    error: 'EbpfError ERR_EBPF_BTF',
    message: `Cannot open <fixtures>/no_btf.bpf.o: error parsing BPF object: no BTF parsed for object. ${needsBtf}`,
  },
  {
    title: 'a reference to a symbol that does not exist',
    run: () => Ebpf.load(withDanglingReference()),
    error: 'EbpfError ERR_EBPF_PARSE',
    message: `Cannot open the object: section .relcgroup_skb/egress, offset 0: it refers to symbol 9999; there are symbols 1 to 18. ${compile}`,
  },
  {
    title: 'a map of a type that aya does not know',
    run: () => Ebpf.loadFile(fixturePath('unsupported_map')),
    // aya makes the map before it looks at its type.
    ...(hasFeature('user-ring-buffer')
      ? {
          error: 'EbpfError ERR_EBPF_UNSUPPORTED',
          message:
            'Cannot open <fixtures>/unsupported_map.bpf.o: map "commands" is of a type that aya does not know (BPF_MAP_TYPE_USER_RINGBUF); the option allowUnsupportedMaps opens the object all the same. Do without it: what does not need it works all the same.',
        }
      : {
          error: 'EbpfError ERR_EBPF_MAP BPF_MAP_CREATE EINVAL',
          message: `Cannot open <fixtures>/unsupported_map.bpf.o: the kernel refused map "commands", an UserRingBuf map (key 0 bytes, value 0 bytes, 65536 entries, flags 0x0): Invalid argument (EINVAL). ${rules}`,
        }),
  },
  {
    title: 'as BTF a file that does not exist',
    run: (t) => Btf.parseFile(join(temporaryFolder(t), 'absent')),
    error: 'EbpfError ERR_EBPF_FILE open ENOENT',
    message: `Cannot read <tmp>/absent: No such file or directory (ENOENT). ${checkPath}`,
  },
  {
    title: 'as BTF no bytes',
    run: () => Btf.parse(new Uint8Array()),
    error: 'EbpfError ERR_EBPF_BTF',
    message: `Cannot parse BTF of the data: offset 0: the BTF does not begin with its magic number, 0xeb9f in this machine's byte order. ${needsBtf}`,
  },
]

const options: Case[] = [
  {
    title: 'a variable that the object does not have',
    run: () => open({ globals: { markre: new Uint8Array(8) } }),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: 'The object has no global variable "markre". It has: marker, verdict_value. Did you mean "marker"?',
  },
  {
    title: 'a value of another size than its variable',
    run: () => open({ globals: { marker: new Uint8Array(4) } }),
    error: 'RangeError ERR_OUT_OF_RANGE',
    message: 'The value of global "marker" must be 8 bytes large. Received 4 bytes',
  },
  {
    title: 'entries for a map that the object does not have',
    run: () => open({ mapMaxEntries: { packet: 1 } }),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: 'The object has no map "packet". It has: .rodata, packets. Did you mean "packets"?',
  },
  {
    title: 'a pin for a map that the object does not have',
    run: () => open({ mapPinPath: { traffic: '/sys/fs/bpf/traffic' } }),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: 'The object has no map "traffic". It has: .rodata, packets.',
  },
  {
    title: 'an extension that the object does not have',
    run: () => open({ extensions: ['count'] }),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: `The object has no program "count". It has: ${programs}.`,
  },
  {
    title: 'an array of no entries',
    run: () => open({ mapMaxEntries: { packets: 0 } }),
    error: 'EbpfError ERR_EBPF_MAP BPF_MAP_CREATE EINVAL',
    message:
      'Cannot open the object: the kernel refused map "packets", an Array map (key 4 bytes, value 8 bytes, 0 entries, flags 0x0): Invalid argument (EINVAL); it has no room for entries. Set max_entries in the object, or the option mapMaxEntries.',
  },
  {
    title: 'a pin outside of a bpf file system',
    run: (t) => open({ mapPinPath: { packets: join(temporaryFolder(t), 'packets') } }),
    error: 'EbpfError ERR_EBPF_PIN BPF_OBJ_PIN EPERM',
    message: `Cannot open the object: cannot pin the map "packets" at <tmp>/packets: Operation not permitted (EPERM). ${pinBelow}`,
  },
  {
    title: 'a directory of pins that does not exist',
    run: (t) => openFixture(t, 'pinned', { defaultMapPinDirectory: join(temporaryFolder(t), 'absent') }),
    error: 'EbpfError ERR_EBPF_PIN BPF_OBJ_PIN ENOENT',
    message: `Cannot open <fixtures>/pinned.bpf.o: cannot pin the map "shared" at <tmp>/absent/shared: No such file or directory (ENOENT). ${pinBelow}`,
  },
  {
    title: 'a pinned map of another shape',
    run: (t) => {
      const defaultMapPinDirectory = makePinDirectory(t)
      openFixture(t, 'pinned', { defaultMapPinDirectory })
      openFixture(t, 'pinned_wide', { defaultMapPinDirectory })
    },
    error: 'EbpfError ERR_EBPF_MAP',
    message: `Map "shared" cannot use what is pinned at <pins>/shared: it is a Hash map (key 4 bytes, value 8 bytes, 8 entries, flags 0x0), the object wants a Hash map (key 4 bytes, value 64 bytes, 8 entries, flags 0x0). ${compare}`,
  },
]

const ringBuffer: Case[] = Object.entries({
  'get()': ['look up in', 'BPF_MAP_LOOKUP_ELEM', (map: BytesMap) => map.get(new Uint8Array())] as const,
  'keys()': ['walk', 'BPF_MAP_GET_NEXT_KEY', (map: BytesMap) => [...map.keys()]] as const,
}).map(([method, [what, syscall, use]]) => ({
  title: `${method} of a ring buffer is refused by the kernel`,
  run: (t) => use(mapOf(openFixture(t, 'maps'), 'ringbuf')),
  error: `EbpfError ERR_EBPF_UNSUPPORTED ${syscall} ENOTSUPP`,
  message: `Cannot ${what} map "ringbuf": the kernel does not support it for maps of type RingBuf: Operation is not supported (ENOTSUPP). Do without it: what does not need it works all the same.`,
}))

test('a refusal of an object tells section and offset as properties', (t) => {
  const error = t.throws(() => Ebpf.load(withDanglingReference()), { instanceOf: EbpfError })
  t.like(error, { code: 'ERR_EBPF_PARSE', section: '.relcgroup_skb/egress', offset: 0 })
  t.like(
    t.throws(() => Ebpf.load(patched(18, 62)), { instanceOf: EbpfError }),
    { section: undefined, offset: 18 },
  )
})

refuse(ringBuffer)
refuse(files.map((row) => ({ ...row, title: `Ebpf.load refuses ${row.title}` })))
refuse(options.map((row) => ({ ...row, title: `the options of Ebpf.load refuse ${row.title}` })))

/** Opens, which must fail; closes what was opened all the same. */
function open(loadOptions: LoadOptions): void {
  Ebpf.load(object, loadOptions).close()
}

function patched(offset: number, byte: number): Uint8Array {
  const bytes = new Uint8Array(object)
  bytes[offset] = byte
  return bytes
}

/** The object with the first relocation of its first program against symbol 9999 (elf(5): `Elf64_Shdr`, `Elf64_Rel`). */
function withDanglingReference(): Uint8Array {
  const bytes = new Uint8Array(object)
  const view = new DataView(bytes.buffer)
  const relocations = 9
  let header = Number(view.getBigUint64(40, true))
  while (view.getUint32(header + 4, true) !== relocations) header += 64
  view.setUint32(Number(view.getBigUint64(header + 24, true)) + 12, 9999, true)
  return bytes
}

function emptyFile(t: ExecutionContext): string {
  const path = join(temporaryFolder(t), 'empty.bpf.o')
  writeFileSync(path, '')
  return path
}
