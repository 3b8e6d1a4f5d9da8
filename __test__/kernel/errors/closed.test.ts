// What is said of a handle that is used after it, or the object that it came from, was closed.
import test, { type ExecutionContext } from 'ava'
import { type BytesMap, CgroupSkb, type CgroupSkbLink, type CgroupSkbLinkId, type Ebpf, type MapBase } from 'ayajs'
import { makeCgroup } from '../../helpers/cgroup.ts'
import { loaded, mapOf, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { refuse } from './reports.ts'

leaveNothingBehind(test)

/** All that an object can have given out, after the object was closed. */
interface Handles {
  bpf: Ebpf
  program: CgroupSkb
  map: BytesMap
  /** Of a link that went with the object. */
  linkId: CgroupSkbLinkId
  /** Taken, and detached. */
  link: CgroupSkbLink
  /** Taken, and closed. */
  taken: MapBase
  cgroup: string
}

const key = new Uint8Array(4)
const packet = new Uint8Array(20).fill(0x45, 0, 1)

const ofObject: Record<string, (handles: Handles) => unknown> = {
  'program()': ({ bpf }) => bpf.program('count_egress'),
  'programs()': ({ bpf }) => bpf.programs(),
  'hasProgram()': ({ bpf }) => bpf.hasProgram('count_egress'),
  'map()': ({ bpf }) => bpf.map('packets'),
  'maps()': ({ bpf }) => bpf.maps(),
  'hasMap()': ({ bpf }) => bpf.hasMap('packets'),
  'takeMap()': ({ bpf }) => bpf.takeMap('packets'),
}

const ofProgram: typeof ofObject = {
  'load()': ({ program }) => program.load(),
  'loadAsync()': ({ program }) => program.loadAsync(),
  'unload()': ({ program }) => program.unload(),
  'fd()': ({ program }) => program.fd(),
  'asRawFd()': ({ program }) => program.asRawFd(),
  'info()': ({ program }) => program.info(),
  'expectedAttachType()': ({ program }) => program.expectedAttachType(),
  'attach()': ({ program, cgroup }) => program.attach(cgroup, 'Egress'),
  'attachLink()': ({ program, cgroup }) => program.attachLink(cgroup, 'Egress'),
  'detach()': ({ program, linkId }) => program.detach(linkId),
  'takeLink()': ({ program, linkId }) => program.takeLink(linkId),
  'testRun()': ({ program }) => program.testRun({ packet }),
}

const ofMap: typeof ofObject = {
  'info()': ({ map }) => map.info(),
  'fd()': ({ map }) => map.fd(),
  'get()': ({ map }) => map.get(key),
  'keys()': ({ map }) => [...map.keys()],
}

const ofLink: typeof ofObject = {
  'detach()': ({ link }) => link.detach(),
  'fd()': ({ link }) => link.fd(),
  'info()': ({ link }) => link.info(),
}

const tables: [what: string, said: string, methods: typeof ofObject][] = [
  ['an object that was closed', 'The object has been closed', ofObject],
  ['a program whose object was closed', 'The object of this program has been closed', ofProgram],
  ['a map whose object was closed', 'The map has been closed', ofMap],
  ['a map that was taken and closed', 'The map has been closed', { 'info()': ({ taken }) => taken.info() }],
  ['a link that was detached', 'The link has been closed', ofLink],
]

for (const [what, said, methods] of tables) {
  refuse(
    Object.entries(methods).map(([method, use]) => ({
      title: `${method} of ${what} says so`,
      run: (t) => use(closedHandles(t)),
      error: 'EbpfError ERR_EBPF_CLOSED',
      message: `${said}. It can be used no more: keep it open for as long as it is needed.`,
    })),
  )
}

const usedId =
  'This link id is not one of program "count_egress": it has been detached or taken, or belongs to another program. Use each id once, with the program whose attach() returned it.'

refuse([
  {
    title: 'a link id that was used detaches nothing',
    run: (t) => {
      const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
      const id = program.attach(makeCgroup(t).path, 'Egress')
      program.detach(id)
      program.detach(id)
    },
    error: 'EbpfError ERR_EBPF_NOT_ATTACHED',
    message: usedId,
  },
  {
    title: 'a link id from before unload() is not taken',
    run: (t) => {
      const program = loaded(openFixture(t, 'cgroup_skb'), 'count_egress')
      const id = program.attach(makeCgroup(t).path, 'Egress')
      program.unload()
      program.load()
      program.takeLink(id)
    },
    error: 'EbpfError ERR_EBPF_NOT_ATTACHED',
    message: usedId,
  },
  {
    title: 'a load that has not begun when its object is closed is rejected',
    run: async (t) => {
      const bpf = openFixture(t, 'cgroup_skb')
      const first = bpf.program('count_any')?.loadAsync()
      const second = bpf.program('count_egress')?.loadAsync()
      bpf.close()
      await Promise.allSettled([first])
      await second
    },
    error: 'EbpfError ERR_EBPF_CLOSED',
    message:
      'The object of this program has been closed. It can be used no more: keep it open for as long as it is needed.',
  },
])

test('closing twice, and disposing of what is closed, does nothing', (t) => {
  const { bpf, link, map, taken } = closedHandles(t)
  t.notThrows(() => {
    for (const handle of [bpf, map, taken]) handle.close()
    for (const handle of [bpf, map, taken, link]) handle[Symbol.dispose]()
  })
  t.deepEqual(
    [bpf, map, taken, link].map(({ closed }) => closed),
    [true, true, true, true],
  )
})

test('what is closed keeps its name and kind', (t) => {
  const { program, map } = closedHandles(t)
  t.is(`${program} ${map}`, 'CgroupSkb(count_egress) Array(packets)')
  t.is(CgroupSkb.tryFrom(program), program)
})

function closedHandles(t: ExecutionContext): Handles {
  const bpf = openFixture(t, 'cgroup_skb')
  const program = loaded(bpf, 'count_egress')
  const cgroup = makeCgroup(t).path
  const linkId = program.attach(cgroup, 'Egress')
  const link = program.attachLink(cgroup, 'Egress')
  const map = mapOf(bpf, 'packets')
  const other = openFixture(t, 'cgroup_skb')
  const taken = other.takeMap('packets')
  if (taken === null) throw new Error('the fixture has no map')
  taken.close()
  link.detach()
  bpf.close()
  return { bpf, program, map, linkId, link, taken, cgroup }
}
