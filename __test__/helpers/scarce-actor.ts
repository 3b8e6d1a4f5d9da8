// A child that opens an object with its variables while there are fewer and fewer descriptors left, and tells what came of it.
import { closeSync, openSync } from 'node:fs'
import { Ebpf, type EbpfError } from 'ayajs'
import { fixturePath } from './fixtures.ts'
import { ownDescriptors } from './left-behind.ts'

/** What came of opening with so many descriptors left. */
export interface Attempt {
  readonly spare: number
  /** What a variable is, or the code of the error. */
  readonly outcome: unknown
  readonly left: number
}

// What is opened once and kept, is open then.
attempt()
const outcomes: Attempt[] = []
for (let spare = 24; spare >= 0; spare--) {
  const outcome = withDescriptors(spare, attempt)
  outcomes.push({ spare, outcome, left: ownDescriptors().length })
}
process.send?.(outcomes, () => process.disconnect())

function attempt(): unknown {
  try {
    const bpf = Ebpf.loadFile(fixturePath('globals'), { globals: { u8: 9, total: 1n } })
    try {
      return bpf.globals['u8']
    } finally {
      bpf.close()
    }
  } catch (error) {
    return (error as EbpfError).code
  }
}

/** Runs with so many descriptors left: the limit is low, and files that are open take the rest. */
function withDescriptors(spare: number, run: () => unknown): unknown {
  const files: number[] = []
  try {
    for (;;) files.push(openSync('/dev/null', 'r'))
  } catch {
    for (const fd of files.splice(0, spare)) closeSync(fd)
    return run()
  } finally {
    for (const fd of files) closeSync(fd)
  }
}
