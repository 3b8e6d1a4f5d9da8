// The protocol of the peers in JavaScript: introduces the rows, then answers each line `ROW ITERATIONS BEFORE`.

import { createInterface } from 'node:readline'

/**
 * Serves rows. Each takes how often, and a stopwatch that it may start again when it has prepared something, and stop
 * before it cleans up; it returns a sum over what it has read, or how much it has done, or a promise of it. Rows of
 * `special` give their answer themselves.
 */
export async function serve(version, rows, special = {}) {
  console.log(JSON.stringify({ version, rows: [...Object.keys(rows), ...Object.keys(special)] }))
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, iterations, before] = line.split(' ')
    try {
      console.log(await (special[name]?.() ?? measure(rows[name], Number(iterations), Number(before))))
    } catch (error) {
      console.log(`error ${String(error.message ?? error).replaceAll('\n', ' ')}`)
    }
  }
}

async function measure(row, iterations, before) {
  const watch = new Stopwatch()
  if (before > 0) await row(before, watch)
  watch.start()
  const result = row(iterations, watch)
  const sum = result instanceof Promise ? await result : result
  return `${watch.stop()} ${sum}`
}

class Stopwatch {
  #started = 0n
  #elapsed

  start() {
    this.#started = process.hrtime.bigint()
    this.#elapsed = undefined
  }

  /** Nanoseconds until it was stopped for the first time. */
  stop() {
    this.#elapsed ??= process.hrtime.bigint() - this.#started
    return this.#elapsed
  }
}
