// Reading a key or a value can run code of the user's, which may use the same map: getters and proxies.
import test from 'ava'
import { Ebpf, HashMap } from 'ayajs'
import { fixturePath } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import type { Flow, FlowKey } from '../../types/generated/typed_maps.bpf.ts'

leaveNothingBehind(test)

const other: FlowKey = { saddr: 9, daddr: 9, sport: 9, dport: 9, protocol: 9, _pad: new Uint8Array(3) }
const key: FlowKey = { saddr: 1, daddr: 2, sport: 3, dport: 4, protocol: 6, _pad: new Uint8Array(3) }
const value: Flow = { packets: 1n, bytes: 2n, verdict: 1, comm: 'curl', mac: new Uint8Array(6) }

/** The same object, of which the last member to be read uses the map first. */
function meddling<T extends object>(object: T, member: keyof T, use: () => void): T {
  const copy = { ...object }
  return Object.defineProperty(copy, member, {
    enumerable: true,
    get() {
      use()
      return object[member]
    },
  })
}

const uses: Readonly<Record<string, (flows: HashMap<FlowKey, Flow>) => unknown>> = {
  get: (flows) => flows.get(other),
  set: (flows) => flows.set(other, { ...value, comm: 'other' }),
  delete: (flows) => flows.delete(other),
  'a walk': (flows) => [...flows],
}

for (const [name, use] of Object.entries(uses)) {
  test(`set writes what it was given, though reading the key and the value calls ${name} of the same map`, (t) => {
    const bpf = Ebpf.loadFile(fixturePath('typed_maps'))
    t.teardown(() => bpf.close())
    const flows = HashMap.tryFrom<FlowKey, Flow>(bpf.map('flows'))
    const meddle = (): void => void use(flows)
    flows.set(meddling(key, 'protocol', meddle), meddling(value, 'mac', meddle))
    t.deepEqual(flows.get(key), value)
    t.deepEqual(flows.get(meddling(key, 'protocol', meddle)), value)
    t.true(flows.has(meddling(key, 'protocol', meddle)))
    t.true(flows.delete(meddling(key, 'protocol', meddle)))
    t.is(flows.get(key), undefined)
  })
}
