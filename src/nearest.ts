// The name that somebody probably meant.

/** How much comparing a hint is worth, in letters times letters: an object may have any number of long names. */
const mostWork = 2 ** 22

/** The one of `names` that is nearest to `name`, if any is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let work = 0
  // As many changes as the name has letters would turn it into anything.
  let least = Math.min(Math.max(2, Math.floor(name.length / 3)) + 1, name.length)
  for (const candidate of names) {
    // Every letter too many is a change.
    if (Math.abs(candidate.length - name.length) >= least) continue
    work += candidate.length * name.length
    if (work > mostWork) break
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** How many characters must be inserted, deleted or replaced (Levenshtein). */
function editDistance(a: string, b: string): number {
  // Names are short; whatever is not, is not near.
  if (Math.max(a.length, b.length) > 128) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
