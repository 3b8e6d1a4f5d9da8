// `npm run fuzz:btf`: builds this package, then runs fuzz/btf/main.ts with the arguments given.

import { runPrepared } from './lib/program.mjs'
import { buildSteps } from './lib/steps.mjs'

process.exitCode = await runPrepared({
  steps: buildSteps,
  flags: ['--import', '@oxc-node/core/register', 'fuzz/btf/main.ts'],
  env: { OXC_TSCONFIG_PATH: 'fuzz/btf/tsconfig.json' },
})
