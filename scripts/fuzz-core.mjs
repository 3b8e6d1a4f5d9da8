// `npm run fuzz:core`: builds this package, then runs fuzz/core/main.ts with the arguments given.

import { runAsRoot } from './lib/as-root.mjs'
import { startSteps } from './lib/steps.mjs'
import { testTools } from './lib/system-steps.mjs'

process.exitCode = await runAsRoot({
  name: 'fuzz:core',
  what: 'comparisons with libbpf',
  steps: [...startSteps, testTools],
  flags: ['--import', '@oxc-node/core/register', 'fuzz/core/main.ts'],
  env: { OXC_TSCONFIG_PATH: 'fuzz/core/tsconfig.json' },
})
