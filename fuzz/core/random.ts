// What makes a case out of its seed.
import { randomFrom } from '../../__test__/helpers/random.ts'

/** An integer from 0 to below the limit. */
export type Random = (limit: number) => number

/** Seeds that follow one another have nothing in common. */
export function randomOf(seed: number): Random {
  return randomFrom(Math.imul(seed, 0x9e3779b1))
}

/** Whether something happens that happens so often. */
export function happens(random: Random, often: number): boolean {
  return random(1000) < often * 1000
}

export function oneOf<T>(all: readonly T[], random: Random): T {
  return all[random(all.length)]!
}

export function shuffled<T>(all: readonly T[], random: Random): T[] {
  const left = [...all]
  return all.map(() => left.splice(random(left.length), 1)[0]!)
}
