#!/usr/bin/env node
// The command `ayajs`: see src/cli/main.ts.
'use strict'

const { main } = require('../dist/cli/main.js')

async function run() {
  // Not process.exit(): what has been written to a pipe must get there.
  process.exitCode = await main(process.argv.slice(2), process)
}

void run()
