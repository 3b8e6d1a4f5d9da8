// Instructions in a form that two loaders share: what may differ without meaning anything is taken away.
import { nameLength, type Instruction } from './record.ts'

/** An instruction in words and numbers, or the head of a function. */
export type Canonical = readonly (number | string)[]

/** An instruction that two loaders have not made the same; nothing where one has fewer. */
export interface Difference {
  readonly at: number
  readonly libbpf: Canonical | undefined
  readonly ours: Canonical | undefined
}

/** The calls of no function into which loaders turn what cannot be relocated; each relocation has a number of its own. */
const [firstSpoiled, manySpoiled] = [0xbad2310, 100_000] as const
/** And those into which libbpf turns calls of functions that the kernel lacks (`POISON_CALL_KFUNC_BASE`), one by one too. */
const [firstLacking, manyLacking] = [2_002_000_000, 2_000_000] as const

const [callCode, loadCode] = [0x85, 0x18] as const
/** Of what a call is: a function of the object, a function of the kernel. Of what an address is: a function. */
const [toOwn, toKernel, ofFunction] = [1, 2, 4] as const

export function isSpoiled([code, , from, , number]: Instruction): boolean {
  return code === callCode && from === 0 && number >= firstSpoiled && number < firstSpoiled + manySpoiled
}

/** The functions in the order in which they are first called, wherever a loader has put them. */
export function canonical(instructions: readonly Instruction[]): Canonical[] {
  const starts = new Set([0])
  for (const [index, one] of instructions.entries()) if (refersToFunction(one)) starts.add(index + 1 + one[4])
  const sorted = [...starts].sort((one, other) => one - other)
  const order = new Set([0])
  const result: Canonical[] = []
  // What is added on the way is visited too.
  for (const start of order) {
    result.push(['function', [...order].indexOf(start)])
    const end = sorted.find((next) => next > start) ?? instructions.length
    for (const [offset, one] of instructions.slice(start, end).entries()) {
      const target = start + offset + 1 + one[4]
      if (refersToFunction(one)) order.add(target)
      result.push(words(one, refersToFunction(one) ? [...order].indexOf(target) : undefined))
    }
  }
  return result
}

/** Sections of variables begin with the name of the object, of which not all fits. */
export function shortName(map: string): string {
  const dot = map.indexOf('.')
  return dot >= 0 ? map.slice(dot) : map.slice(0, nameLength)
}

function words(instruction: Instruction, callee: number | undefined): Canonical {
  const [code, to, from, offset, number, map] = instruction
  if (isSpoiled(instruction)) return [code, to, from, offset, 'spoiled']
  if (callee !== undefined) return [code, to, from, offset, `function ${callee}`]
  if (isLacking(instruction)) return [code, to, 0, 0, 'no function of the kernel']
  return map === undefined ? [code, to, from, offset, number] : [code, to, from, offset, shortName(map)]
}

function refersToFunction([code, , from]: Instruction): boolean {
  return (code === callCode && from === toOwn) || (code === loadCode && from === ofFunction)
}

function isLacking([code, , from, , number]: Instruction): boolean {
  if (code !== callCode) return false
  return (number >= firstLacking && number < firstLacking + manyLacking) || (from === toKernel && number === 0)
}
