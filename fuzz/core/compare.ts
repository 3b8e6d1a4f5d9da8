// What two loaders have made of the same program: the same, spoiled alike, refused alike, or not.
import type { Attempt, Instruction, Sent } from './record.ts'

/** How the program went, in the words of the figures. */
export type Verdict = 'same' | 'spoiled alike' | 'refused alike' | 'different'

/** The calls of no function into which loaders turn what cannot be relocated: each number is of a relocation. */
const [firstSpoiled, manySpoiled] = [0xbad2310, 100_000] as const
const call = 0x85

export function judge(libbpf: Attempt | undefined, ours: Attempt | undefined): Verdict {
  if (libbpf?.sent === undefined || ours?.sent === undefined) return areRefused(libbpf, ours) ? 'refused alike' : 'different'
  if (differences(libbpf.sent, ours.sent).length > 0) return 'different'
  return ours.sent.instructions.some(isSpoiled) ? 'spoiled alike' : 'same'
}

/** What differs, a line for each instruction; or that one of them has no program. */
export function differences(libbpf: Sent, ours: Sent): string[] {
  const [one, other] = [textOf(libbpf), textOf(ours)]
  const lines = Array.from({ length: Math.max(one.length, other.length) }, (_, index) =>
    one[index] === other[index] ? '' : `${one[index] ?? 'nothing'} by libbpf, ${other[index] ?? 'nothing'} by ayajs`,
  )
  return lines.filter(Boolean)
}

/** The number of a spoiled call depends on the order of relocations. */
export function normalised(instruction: Instruction): readonly (number | string)[] {
  if (!isSpoiled(instruction)) return instruction as readonly (number | string)[]
  return [...instruction.slice(0, 4), 'spoiled'] as readonly (number | string)[]
}

/**
 * libbpf gives up before the kernel is asked where it finds that a relocation is ambiguous, or does not fit; ayajs has the
 * verifier find the spoiled instruction, and tells the reason that it had.
 */
function areRefused(libbpf: Attempt | undefined, ours: Attempt | undefined): boolean {
  if (libbpf === undefined || ours === undefined || libbpf.sent !== undefined) return false
  return libbpf.error !== '' && ours.error.startsWith('ERR_EBPF_LOAD') && ours.error.includes('CO-RE')
}

function textOf({ type, attachType, flags, instructions }: Sent): string[] {
  const head = `type ${type}, attach type ${attachType}, flags ${flags}`
  return [head, ...instructions.map((one, index) => `${index}: ${normalised(one).join(' ')}`)]
}

function isSpoiled([code, , from, , number]: Instruction): boolean {
  return code === call && from === 0 && number >= firstSpoiled && number < firstSpoiled + manySpoiled
}
