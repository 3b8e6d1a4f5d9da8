// A child that opens, loads and attaches as root, becomes nobody, and tells what it can still do with the handles that it has.
import { readFileSync, readdirSync } from 'node:fs'
import { ArrayMap, CgroupSkb, Ebpf, HashMap, RingBuf } from 'ayajs'
import { fixturePath, u32Key } from './fixtures.ts'
import { tellOutcomes } from './outcomes.ts'

const [cgroup = '', pin = ''] = process.argv.slice(2)

const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'))
const program = CgroupSkb.tryFrom(bpf.program('count_egress'))
const other = CgroupSkb.tryFrom(bpf.program('count_any'))
const unloaded = CgroupSkb.tryFrom(bpf.program('drop_egress'))
program.load()
other.load()
const link = program.attachLink(cgroup, 'Egress')
const map = bpf.map('packets')!
const bytes = map.asBytes()
const hash = HashMap.create<number, number>({ keySize: 4, valueSize: 4, maxEntries: 8 }).asBytes()
const ring = RingBuf.create({ maxEntries: 65_536 })
const { globals } = Ebpf.loadFile(fixturePath('globals'))
const variable = 'step'
/** An IPv4 header of a UDP packet from and to nowhere. */
const packet = Uint8Array.from({ length: 28 }, (_, index) => [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17][index] ?? 0)

process.setgroups?.([])
process.setgid?.(65534)
process.setuid?.(65534)

tellOutcomes({
  'have capabilities': () => {
    if (capabilities().join() !== '0000000000000000') throw new Error(`it has ${capabilities().join(' and ')}`)
  },
  'become root again': () => {
    try {
      process.setuid?.(0)
    } catch {
      return
    }
    throw new Error('it is root again')
  },
  'read a map': () => bytes.get(u32Key(0)),
  'write a map': () => bytes.set(u32Key(0), new Uint8Array(8)),
  'read a map in its types': () => ArrayMap.tryFrom(map).get(0),
  'walk a map': () => [...bytes.entries()],
  'write many elements': () => hash.setAll([[u32Key(1), u32Key(1)]]),
  'delete an element': () => hash.delete(u32Key(1)),
  'read a global variable': () => Reflect.get(globals, variable),
  'write a global variable': () => Reflect.set(globals, variable, Reflect.get(globals, variable)),
  'read a ring buffer': () => ring.drain(),
  'ask for a map': () => map.info(),
  'ask for a program': () => program.info(),
  'ask for a link': () => link.info(),
  'run a test': () => program.testRun({ packet }),
  'replace a program in its link': () => link.update(other),
  'open an object': () => Ebpf.loadFile(fixturePath('maps')).close(),
  'make a map': () => HashMap.create({ keySize: 4, valueSize: 4, maxEntries: 1 }).close(),
  'load a program': () => unloaded.load(),
  'attach a program': () => other.attachLink(cgroup, 'Egress').detach(),
  'pin a map': () => map.pin(pin),
  'detach a link': () => link.detach(),
  'close the object': () => bpf.close(),
})

/** The effective capabilities of all threads, each set once. */
function capabilities(): string[] {
  const sets = readdirSync('/proc/self/task').map((thread) => {
    const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8')
    return /^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? '?'
  })
  return [...new Set(sets)]
}
