// A child process that writes into a pinned perf array, one record at a time, on the CPU that it was put on.
import { setImmediate as turn } from 'node:timers/promises'
import { Ebpf } from 'ayajs'
import { fixturePath, loaded } from './fixtures.ts'
import { packet } from './rings.ts'

const [pin = '', runs = ''] = process.argv.slice(2)
const program = loaded(Ebpf.loadFile(fixturePath('perf'), { mapPinPath: { events: pin } }), 'write_numbered')
for (let run = 0; run < Number(runs); run++) {
  program.testRun({ packet })
  await turn()
}
process.send?.('done')
process.disconnect()
