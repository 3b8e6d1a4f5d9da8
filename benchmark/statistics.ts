// Medians, quartiles, and the ratio of two series that were measured in turns.

export interface Summary {
  readonly median: number
  readonly lower: number
  readonly upper: number
}

/** The median with the quartiles around it. */
export function summarize(samples: readonly number[]): Summary {
  return { median: quantile(samples, 0.5), lower: quantile(samples, 0.25), upper: quantile(samples, 0.75) }
}

/** The value below which this part of the samples lies, between the two nearest ones where it is none of them. */
export function quantile(samples: readonly number[], part: number): number {
  if (samples.length === 0) throw new RangeError('no samples')
  const sorted = samples.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * part
  const [below, above] = [sorted[Math.floor(position)] ?? NaN, sorted[Math.ceil(position)] ?? NaN]
  return below + (above - below) * (position - Math.floor(position))
}

/**
 * How many times the base one series is: the ratio in each round, summarized. Who is measured in the same round has the
 * same neighbours on the machine, so this holds where the medians of both drift.
 */
export function ratio(samples: readonly number[], base: readonly number[]): Summary {
  return summarize(pairs(samples, base).map(([sample, other]) => sample / other))
}

/** How much more than the base one series is, in each round, summarized; see {@link ratio}. */
export function difference(samples: readonly number[], base: readonly number[]): Summary {
  return summarize(pairs(samples, base).map(([sample, other]) => sample - other))
}

function pairs(samples: readonly number[], base: readonly number[]): [number, number][] {
  if (samples.length !== base.length) throw new RangeError(`${samples.length} rounds against ${base.length}`)
  return samples.map((sample, round) => [sample, base[round] ?? NaN])
}
