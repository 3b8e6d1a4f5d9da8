// The raw functions of elements, called as the layer above does: the element named, and the status returned.
import * as native from 'ayajs/native'

type Command = keyof ReturnType<typeof native.elementFunctions>

/** The commands of one element, each of which returns its status. */
export type ElementCalls = Readonly<Record<Command, () => number>>

/** What tells the functions what to do: the index of an element, the status, flags. */
export const control = new Int32Array(new SharedArrayBuffer(16))
export const functions = native.elementFunctions(new Uint8Array(control.buffer))
const commands = Object.keys(functions) as Command[]

/** The commands of an element of `map` in `memory`, which stays one as long as they live. */
export function elementCalls(map: native.MapData, memory: Uint8Array): ElementCalls {
  const element = map.element(memory)
  const calls = commands.map((command) => [command, () => run(command, element.index)] as const)
  return Object.fromEntries(calls) as Record<Command, () => number>
}

/** Runs a command on whatever has this index. */
export function run(command: Command, index: number): number {
  control.set([index, 12_345, 0, 0])
  functions[command]()
  return control[1] ?? NaN
}
