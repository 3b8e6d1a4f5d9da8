// `npm run bench`: builds this package and the peers, then runs benchmark/main.ts with the arguments given.

import { runAsRoot } from './lib/as-root.mjs'
import { peerSteps } from './lib/peer-steps.mjs'
import { givenArgs } from './lib/program.mjs'
import { startSteps } from './lib/steps.mjs'

process.exitCode = await runAsRoot({
  name: 'bench',
  what: 'benchmarks',
  steps: startSteps,
  optional: givenArgs().includes('--help') ? [] : peerSteps, // A peer that is not there is left out.
  flags: ['--import', '@oxc-node/core/register', 'benchmark/main.ts'],
  env: { OXC_TSCONFIG_PATH: 'benchmark/tsconfig.json' },
})
