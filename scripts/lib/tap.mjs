// Reads what `ava --tap` prints: how many tests passed, failed and were skipped, and all that it says about the failed ones.

/**
 * `output` holds the line of each failed test and what follows it up to the next test. ava cannot skip a test that already
 * runs: one that logs `skipped: <why>` and passes counts as skipped.
 */
export function readTap(text) {
  const tests = text.split(/^(?=(?:not )?ok \d+)/m).slice(1)
  const failed = tests.filter((test) => test.startsWith('not ok') && !isSkipped(test))
  const skipped = tests.filter(isSkipped)
  return {
    passed: tests.length - failed.length - skipped.length,
    failed: failed.length,
    skipped: skipped.length,
    output: failed.map((test) => test.replace(/\n+1\.\.\d+\n[^]*$/, '').trimEnd()).join('\n'),
  }
}

function isSkipped(test) {
  return / # (?:SKIP|TODO)$/.test(test.split('\n', 1)[0]) || (test.startsWith('ok') && /^# +skipped: /m.test(test))
}
