// What is said of maps and types that are given for an object and do not fit it.
import test from 'ava'
import type { LoadOptions } from 'ayajs'
import { mapOf, openFixture, takenFrom } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { refuse, type Case } from './reports.ts'

leaveNothingBehind(test)

const compare = 'Compare with what is there: bpftool map show.'
/** That of cgroup_skb.bpf.o. */
const fingerprint = 'fc39dc149b6dcea96ecae26563238078'

const given: Case[] = [
  {
    title: 'a map of another shape',
    run: (t) => openFixture(t, 'cgroup_skb', { maps: { packets: mapOf(openFixture(t, 'maps'), 'array') } }),
    error: 'EbpfError ERR_EBPF_MAP',
    message: `Map "packets" cannot be the given one: it is an Array map (key 4 bytes, value 8 bytes, 2 entries, flags 0x0), the object wants an Array map (key 4 bytes, value 8 bytes, 4 entries, flags 0x0). ${compare}`,
  },
  {
    title: 'a map for a section of global variables',
    run: (t) => openFixture(t, 'cgroup_skb', { maps: { '.rodata': mapOf(openFixture(t, 'cgroup_skb'), '.rodata') } }),
    error: 'EbpfError ERR_EBPF_MAP',
    message: `Map ".rodata" cannot be the given one: it holds the global variables of this object, which would overwrite those of the other. ${compare}`,
  },
  {
    title: 'a map for one that is not there',
    run: (t) => openFixture(t, 'cgroup_skb', { maps: { packet: mapOf(openFixture(t, 'cgroup_skb'), 'packets') } }),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: 'The object has no map "packet". It has: .rodata, packets. Did you mean "packets"?',
  },
  {
    title: 'a map that is closed',
    run: (t) => {
      const map = takenFrom(openFixture(t, 'cgroup_skb'), 'packets')
      map.close()
      openFixture(t, 'cgroup_skb', { maps: { packets: map } })
    },
    error: 'EbpfError ERR_EBPF_CLOSED',
    message: 'The map has been closed. It can be used no more: keep it open for as long as it is needed.',
  },
  {
    title: 'a map that is pinned as well',
    run: (t) => {
      const packets = mapOf(openFixture(t, 'cgroup_skb'), 'packets')
      openFixture(t, 'cgroup_skb', { maps: { packets }, mapPinPath: { packets: '/sys/fs/bpf/packets' } })
    },
    error: 'TypeError ERR_INVALID_ARG_VALUE',
    message: 'The argument "options.maps.packets" must not be in mapPinPath too. Received an instance of BytesMap',
  },
  {
    title: 'no map',
    run: (t) => openFixture(t, 'cgroup_skb', { maps: { packets: 7 } } as unknown as LoadOptions),
    error: 'TypeError ERR_INVALID_ARG_TYPE',
    message: 'The "options.maps.packets" argument must be an instance of MapBase. Received 7',
  },
  {
    title: 'types of another version',
    run: (t) => openFixture(t, 'cgroup_skb', { as: { fingerprint: 'old' } } as LoadOptions),
    error: 'EbpfError ERR_EBPF_TYPES_STALE',
    message: `The types in "options.as" are not those of <fixtures>/cgroup_skb.bpf.o: it has changed since they were generated (${fingerprint} is its fingerprint, old theirs). Generate them again: npx ayajs types OBJECT.`,
  },
]

refuse(given.map((row) => ({ ...row, title: `Ebpf.loadFile refuses ${row.title} when it is given` })))
