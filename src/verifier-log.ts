// The verifier's log, in short.

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

/** The line that tells why the verifier refused a program; empty when the log is. */
export function verifierSummary(whole: string): string {
  // Kernels from 7.3 on repeat the reason in a summary of their own.
  const [log = ''] = whole.split(/^Verification failed: /m)
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !afterwards.some((pattern) => pattern.test(line)))
  const last = lines.at(-1) ?? ''
  // The second half of a reason whose first half stands above it.
  const previous = lines.at(-2)
  return /^R\d+ .* is outside of the /.test(last) && previous !== undefined ? `${previous}; ${last}` : last
}
