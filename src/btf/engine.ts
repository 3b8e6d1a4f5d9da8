// All of btf that runs: what the door opens.

export { BtfTypes } from './btf-types.ts'
export { memoryOf, newMemory } from './codec.ts'
export { parseBtf } from './parse.ts'
export { readObject } from './object.ts'
