// Which codec a shape gets: compiled code, or closures where code must not be generated.

import { closureCodec } from './closures.ts'
import type { Codec } from './codec.ts'
import { codeSize, compiledCodec } from './compile.ts'
import type { Shape } from './shape.ts'

/** A codec for a shape. */
export function makeCodec(shape: Shape): Codec {
  return canCompile() && codeSize(shape) <= maxCodeSize ? compiledCodec(shape) : closureCodec(shape)
}

/** In members. What is larger takes longer to compile than it gains. */
const maxCodeSize = 4096

let allowed: boolean | undefined

/** Not under `node --disallow-code-generation-from-strings`. */
function canCompile(): boolean {
  if (allowed === undefined) {
    try {
      // eslint-disable-next-line no-new-func
      allowed = new Function('return true')() as boolean
    } catch {
      allowed = false // An EvalError: there is no other.
    }
  }
  return allowed
}
