// The types of an object, as they lie in it.

/** What is in the section `.BTF`. */
export function typesOf(object: Buffer): Uint8Array {
  const types = object.subarray(object.indexOf(Buffer.from([0x9f, 0xeb, 1, 0, 24])))
  return types.subarray(0, 24 + types.readUInt32LE(16) + types.readUInt32LE(20))
}
