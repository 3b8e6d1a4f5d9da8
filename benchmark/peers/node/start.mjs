// Requires a package, if one is named, calls its addon for `first-use`, and tells how long that took and how much memory it has.

import { createRequire } from 'node:module'

const [name, use] = process.argv.slice(2)

const loaded = name === undefined ? undefined : createRequire(import.meta.url)(name)
// The package bpf has opened its addon already.
if (use === 'first-use') loaded.KernelVersion?.current()

process.stdout.write(JSON.stringify({ ms: performance.now(), bytes: process.memoryUsage.rss() }))
