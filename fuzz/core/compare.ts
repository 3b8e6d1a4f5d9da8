// What two loaders have made of the same program: the same, spoiled alike, refused alike, or not.
import { canonical, isSpoiled, type Canonical, type Difference } from './canonical.ts'
import { knownInstructions } from './known-differences.ts'
import type { Attempt, Sent } from './record.ts'

/** How programs went, in the words of the figures. */
export const verdicts = ['same', 'spoiled alike', 'refused alike', 'different as intended', 'different'] as const
export type Verdict = (typeof verdicts)[number]

export function judge(libbpf: Attempt | undefined, ours: Attempt | undefined): Verdict {
  if (libbpf?.sent === undefined || ours?.sent === undefined) {
    return areRefused(libbpf, ours) ? 'refused alike' : 'different'
  }
  const found = differences(libbpf.sent, ours.sent)
  if (found.length > 0) return areKnown(found) ? 'different as intended' : 'different'
  return ours.sent.instructions.some(isSpoiled) ? 'spoiled alike' : 'same'
}

export function differences(libbpf: Sent, ours: Sent): Difference[] {
  const [one, other] = [linesOf(libbpf), linesOf(ours)]
  const pairs = Array.from({ length: Math.max(one.length, other.length) }, (_, at) => ({
    at,
    libbpf: one[at],
    ours: other[at],
  }))
  return pairs.filter((pair) => pair.libbpf?.join(' ') !== pair.ours?.join(' '))
}

/** In words, line by line: what differs, or who has sent nothing. */
export function told(libbpf: Attempt | undefined, ours: Attempt | undefined): string[] {
  if (libbpf?.sent === undefined || ours?.sent === undefined) return [`libbpf ${fate(libbpf)}`, `ayajs ${fate(ours)}`]
  return differences(libbpf.sent, ours.sent).map(
    (one) => `${one.libbpf?.join(' ') ?? 'nothing'} by libbpf, ${one.ours?.join(' ') ?? 'nothing'} by ayajs`,
  )
}

function fate(attempt: Attempt | undefined): string {
  if (attempt === undefined) return 'has no such program'
  const end = attempt.error === '' ? 'it was loaded' : `failed: ${attempt.error}`
  return `${attempt.sent === undefined ? 'sent nothing' : 'sent it'}, and ${end}`
}

/**
 * libbpf gives up before the kernel is asked where it finds that a relocation is ambiguous, or does not fit; ayajs has the
 * verifier find the spoiled instruction, and tells the reason that it had.
 */
function areRefused(libbpf: Attempt | undefined, ours: Attempt | undefined): boolean {
  if (libbpf === undefined || ours === undefined || libbpf.sent !== undefined) return false
  return libbpf.error !== '' && ours.error.startsWith('ERR_EBPF_LOAD') && ours.error.includes('CO-RE')
}

function areKnown(found: readonly Difference[]): boolean {
  return found.every((one, index) => knownInstructions.some(({ isIt }) => isIt(one, found[index - 1])))
}

function linesOf({ type, attachType, flags, instructions }: Sent): Canonical[] {
  return [['type', type, 'attach type', attachType, 'flags', flags], ...canonical(instructions)]
}
