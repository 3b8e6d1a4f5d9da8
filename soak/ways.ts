// What a cycle of the soak `lifecycle` does: ways of attaching and of ending it, and loads that fail.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { CgroupAttachMode, CgroupSkb, CgroupSkbAttachType, Ebpf, EbpfError, MapBase } from 'ayajs'
import { counted, fixturePath, loaded } from '../__test__/helpers/fixtures.ts'

const { Egress } = CgroupSkbAttachType

/** Where cycles take place. */
export interface Place {
  readonly cgroup: string
  /** A directory of the BPF file system for pins. */
  readonly pins: string
  /** Makes the names of pins different from those of other threads. */
  readonly thread: number
  /** Has so many packets pass through the program, which is attached. */
  readonly send: (packets: number, program: CgroupSkb) => Promise<void>
  /** The id of a map that programs of all threads count in; without it, each cycle has its own, where nobody else counts. */
  readonly sharedMap?: number
}

/** One cycle in ten is a load that fails. */
const failingEvery = 10
const packets = 2

/** Does one cycle, another one for each index; says whether it was a load that fails. */
export async function cycle(index: number, place: Place): Promise<boolean> {
  if (index % failingEvery === failingEvery - 1) {
    await failingLoads[Math.floor(index / failingEvery) % failingLoads.length]?.(place)
    return true
  }
  const path = fixturePath('cgroup_skb')
  const shared = place.sharedMap === undefined ? undefined : MapBase.fromId(place.sharedMap)
  const options = shared === undefined ? {} : { maps: { packets: shared } }
  const bpf = index % 2 === 0 ? Ebpf.loadFile(path, options) : await Ebpf.loadFileAsync(path, options)
  try {
    const program = CgroupSkb.tryFrom(bpf.program('count_egress'))
    if (index % 3 === 0) await program.loadAsync()
    else program.load()
    const pass = async (): Promise<void> => {
      const before = counted(bpf, 'count_egress')
      await place.send(packets, program)
      const seen = counted(bpf, 'count_egress') - before
      const right = shared === undefined ? seen === packets : seen >= packets
      if (!right) throw new Error(`${seen} packets were counted in cycle ${index}, and ${packets} were sent`)
    }
    await ways[index % ways.length]?.({ bpf, program, pass, ...place })
  } finally {
    bpf.close()
    shared?.close()
  }
  return false
}

/** Where a cycle pins its link. */
export function pinOf(pins: string, thread: number): string {
  return `${pins}/link-${thread}`
}

interface Cycle extends Place {
  readonly bpf: Ebpf
  readonly program: CgroupSkb
  /** Sends, and looks whether it was counted. */
  readonly pass: () => Promise<void>
}

const ways: readonly ((cycle: Cycle) => Promise<void>)[] = [
  async function byId({ program, cgroup, pass }) {
    const id = program.attach(cgroup, Egress)
    await pass()
    program.detach(id)
  },
  async function byLink({ program, cgroup, pass }) {
    const link = program.attachLink(cgroup, Egress)
    await pass()
    link.detach()
  },
  async function byMode({ program, cgroup, pass }) {
    const id = program.attach(cgroup, Egress, { mode: CgroupAttachMode.AllowMultiple })
    await pass()
    program.detach(id)
  },
  async function untilClosed({ program, cgroup, pass }) {
    program.attach(cgroup, Egress)
    await pass()
  },
  async function untilUnloaded({ program, cgroup, pass }) {
    program.attach(cgroup, Egress)
    await pass()
    program.unload()
  },
  async function beyondItsObject({ bpf, program, cgroup, pass }) {
    const link = program.takeLink(program.attach(cgroup, Egress))
    await pass()
    bpf.close()
    link.detach()
  },
  async function pinned({ program, cgroup, pins, thread, pass }) {
    const link = program.attachLink(cgroup, Egress).toFdLink().pin(pinOf(pins, thread))
    await pass()
    link.unpin().detach()
  },
  async function replaced({ bpf, program, cgroup, pass }) {
    const link = program.attachLink(cgroup, Egress)
    await pass()
    // Not one that drops: packets of other threads' cycles pass through it, too.
    link.update(loaded(bpf, 'verdict'))
    link.detach()
  },
]

const failingLoads: readonly ((place: Place) => Promise<void>)[] = [
  async function notElf() {
    await refused('ERR_EBPF_PARSE', () => Ebpf.load(Uint8Array.from({ length: 500 }, (_, index) => index)))
  },
  async function cutOff() {
    const bytes = readFileSync(fixturePath('cgroup_skb'))
    await refused('ERR_EBPF_PARSE', () => Ebpf.loadAsync(bytes.subarray(0, bytes.length / 2)))
  },
  async function byTheVerifier() {
    const bpf = Ebpf.loadFile(fixturePath('refused'))
    try {
      const [sync, async] = [bpf.program('bad_access'), bpf.program('bad_return')].map((one) => CgroupSkb.tryFrom(one))
      await refused('ERR_EBPF_LOAD', () => sync?.load())
      await refused('ERR_EBPF_LOAD', () => async?.loadAsync())
    } finally {
      bpf.close()
    }
  },
  async function withoutItsGlobal() {
    const globals = { no_such_variable: Uint8Array.of(1) }
    await refused(undefined, () => Ebpf.loadFile(fixturePath('cgroup_skb'), { globals }))
  },
  async function toNoCgroup({ pins }) {
    const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
    try {
      const program = loaded(bpf, 'count_egress')
      await refused(undefined, () => program.attach(pins, Egress))
    } finally {
      bpf.close()
    }
  },
]

/** With this code of ours, or any. */
async function refused(code: string | undefined, run: () => unknown): Promise<void> {
  await assert.rejects(
    async () => run(),
    (error) => EbpfError.isEbpfError(error) && (code === undefined || error.code === code),
  )
}
