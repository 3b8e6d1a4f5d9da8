// The child of the soak `events` that floods a pinned ring when it is told, and says how much it has produced and lost in all.

import { setImmediate as turn } from 'node:timers/promises'
import { Ebpf } from 'ayajs'
import { fixturePath } from '../__test__/helpers/fixtures.ts'
import { ringOptions, withRing, type RingOptions } from '../__test__/helpers/rings.ts'

/** A flood: so many test runs of so many records each. */
export interface Flood {
  readonly runs: number
  readonly times: number
}

/** Of all floods together. */
export interface Written {
  readonly produced: number
  readonly lost: number
}

const options = JSON.parse(process.argv[2] ?? '') as RingOptions
const { write, produced, lost } = withRing(Ebpf.loadFile(fixturePath('ring'), ringOptions(options)))

process.on('message', (flood: Flood) => void answer(flood))

async function answer({ runs, times }: Flood): Promise<void> {
  for (let run = 0; run < runs; run++) {
    write(times)
    await turn()
  }
  process.send?.({ produced: produced(), lost: lost() } satisfies Written)
}
