// One line per step and check: what runs (on a terminal), how it ended, after how long; output only of what failed.

export function say(mark, text) {
  process.stdout.write(`${mark} ${text}\n`)
}

/** Says on a terminal what is running; returns the time for `finish`. */
export function begin(name) {
  if (process.stdout.isTTY) process.stdout.write(`… ${name}`)
  return performance.now()
}

export function finish(mark, name, started, { detail = '', output = '' } = {}) {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K')
  const seconds = (performance.now() - started) / 1000
  const time = `(${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s)`
  say(mark, `${name} ${time}${detail && `: ${detail}`}`)
  if (output.trim() !== '') process.stdout.write(`${output.trimEnd().replace(/^/gm, '    ')}\n`)
}
