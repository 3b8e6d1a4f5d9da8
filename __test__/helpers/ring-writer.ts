// The child of rings.ts: writes into a pinned ring, and tells how much when it has done.
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Ebpf } from 'ayajs'
import { fixturePath } from './fixtures.ts'
import { ringOptions, withRing, type Writing } from './rings.ts'

const { options, writer, times, runs = Infinity, pauseMs = 0 } = JSON.parse(process.argv[2] ?? '') as Writing

const { write, produced, lost } = withRing(Ebpf.loadFile(fixturePath('ring'), ringOptions(options)))
for (let run = 0; run < runs; run++) {
  write(times, writer)
  if (run === 0) process.send?.('started')
  await (pauseMs === 0 ? turn() : sleep(pauseMs))
}
process.send?.({ produced: produced(), lost: lost() })
process.disconnect()
