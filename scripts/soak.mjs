// `npm run soak`: builds this package, then runs soak/main.ts with the arguments given.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runAsRoot } from './lib/as-root.mjs'
import { root } from './lib/project.mjs'
import { startSteps } from './lib/steps.mjs'
import { testTools } from './lib/system-steps.mjs'

/**
 * How soak/main.ts is started. Node 20 aborts now and then when a worker ends while V8 compiles for it on another thread,
 * so it does not; and glibc uses again what threads have freed, and gives the buffers of the verifier's logs back, where it
 * would keep some 10 MiB more.
 */
const { flags, env } = JSON.parse(readFileSync(join(root, 'soak/command.json'), 'utf8'))

process.exitCode = await runAsRoot({ name: 'soak', what: 'soaks', steps: [...startSteps, testTools], flags, env })
