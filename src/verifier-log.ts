// The verifier's log, in short: the reason, and the line of C that it is about.

/** What a log tells about a refusal. */
export interface Refusal {
  /** The line that tells why, or two where the second needs the first; empty when the log has none. */
  readonly reason: string
  /** The line of C, as `filter.bpf.c:12: return data[0];`; without file and number before Linux 6.8. */
  readonly sourceLine?: string
}

/** Lines that follow the reason: what the verifier counted, and the states of a loop. */
const afterwards = [
  /^(cur|old) state:/,
  /^subprog \d+ \(/,
  /^processed \d+ insns/,
  /^verification time \d+/,
  /^stack depth/,
  /^max_states_per_insn/,
  /^total_states/,
  /^mark_read/,
]

/** Lines that say nothing without the one above them, or that the one above explains. */
const secondHalves = [/^R\d+ .* is outside of the /, /would lead to reference leak$/]

/** What the verifier does, in contrast to why it gives up: instructions, states and source lines. */
const trace = /^(\d+: |; |from \d+ to \d+|func#\d+ @|Validating |frame\d+: )/

/** Reasons stand near the end of a log, and logs have megabytes. */
const tailLength = 65_536

/**
 * What a log tells: its last lines that are neither counts nor the trace of what the verifier did before.
 *
 * @param absentFunction The weak function that the last instruction calls, where that is not there.
 */
export function readVerifierLog(whole: string, absentFunction?: string): Refusal {
  // Kernels from 7.3 on repeat the reason in a summary of their own.
  const [log = ''] = whole.slice(-tailLength).split(/^Verification failed: /m)
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !afterwards.some((pattern) => pattern.test(line)))
  const last = lines.at(-1) ?? ''
  const previous = lines.at(-2)
  const isHalf = secondHalves.some((pattern) => pattern.test(last)) && previous !== undefined && !trace.test(previous)
  const said = trace.test(last) ? '' : isHalf ? `${previous}; ${last}` : last
  const reason = absentFunction === undefined ? said : `${absent(absentFunction)} (${said})`
  const sourceLine = reason === '' ? undefined : sourceLineOf(whole, reason)
  return sourceLine === undefined ? { reason } : { reason, sourceLine }
}

function absent(name: string): string {
  return `it calls ${name}, which is weak and not among the functions of this kernel, without asking whether it is there`
}

/** The line of C of the last instruction in the log; of the one that took a reference, where that is not given back. */
function sourceLineOf(log: string, reason: string): string | undefined {
  const taken = /^Unreleased reference .*alloc_insn=(\d+)/.exec(reason)?.[1]
  const text = `\n${log}\n`
  const end = taken === undefined ? text.length : text.indexOf(`\n${taken}: (`)
  const start = end < 0 ? -1 : text.lastIndexOf('\n; ', end)
  if (start < 0) return undefined
  const line = text.slice(start + 3, text.indexOf('\n', start + 1))
  const [, code = line, place] = /^(.*) @ (.+:\d+)$/.exec(line) ?? []
  return place === undefined ? code : `${place}: ${code}`
}
