// Whether what has grown is within the stated bounds, and the one line of figures.

import type { Gauge } from './gauge.ts'

/** What a soak came to. */
export interface Outcome {
  readonly name: string
  readonly cycles: number
  readonly seconds: number
  readonly growth: Gauge
  /** What the soak has counted itself. */
  readonly counts: Readonly<Record<string, number>>
  /** What went wrong beyond growth, and ended the soak. */
  readonly failure?: unknown
  /** Ended by a signal, before its limit. */
  readonly interrupted: boolean
}

/** What is said about an outcome that is not as it should be; nothing when all is well. */
export function complaints({ cycles, growth, failure }: Outcome, bounds: Gauge): readonly string[] {
  const said = names
    .filter((name) => growth[name] > bounds[name])
    .map((name) => `${name} grew by ${growth[name]} in ${cycles} cycles, which is more than ${bounds[name]}`)
  if (failure !== undefined) said.push(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure))
  else if (cycles === 0) said.push('not one cycle was completed')
  return said
}

/** The figures, in one line. */
export function figures({ name, cycles, seconds, growth, counts, interrupted }: Outcome): string {
  const counted = Object.entries(counts).map(([what, count]) => `${count} ${what}`)
  const parts = [
    `${cycles} cycles in ${seconds.toFixed(1)} s (${(cycles / Math.max(seconds, 1e-3)).toFixed(1)}/s)`,
    `descriptors ${signed(growth.descriptors)}`,
    `RSS ${signed(growth.rssBytes / 2 ** 20, 1)} MiB`,
    `kernel objects ${signed(growth.objects)}`,
    ...counted,
  ]
  return `${name}: ${parts.join(', ')}${interrupted ? ' (interrupted)' : ''}`
}

const names = ['descriptors', 'rssBytes', 'objects'] as const

function signed(value: number, digits = 0): string {
  const text = value.toFixed(digits)
  return value < 0 ? text : `+${text}`
}
