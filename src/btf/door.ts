// The door to the heavy part of btf: opened on first use, so that loading the package stays cheap.

import type * as Engine from './engine.ts'

/** The parser, the layouts and the codecs. */
export function btf(): typeof Engine {
  engine ??= require('#btf-engine') as typeof Engine
  return engine
}

let engine: typeof Engine | undefined
