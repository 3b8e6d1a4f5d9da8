// Records of aya-log, as a program writes them, and as it does not: for tests of what reads them.

/** Numbers of the fields of a header. */
export const headerFields = { target: 0, level: 1, module: 2, file: 3, line: 4, argumentCount: 5 } as const

/** Numbers of some kinds of arguments. */
export const kinds = { hint: 0, u8: 6, u32: 8, text: 20 } as const

/** A field: its kind, its length, its value. */
export function field(kind: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as string)
  const head = Buffer.alloc(3)
  head.writeUInt8(kind)
  head.writeUInt16LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** A number of four bytes. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** A header with a line of so many arguments. */
export function header(argumentCount: number, level = 3): Buffer {
  return Buffer.concat([
    field(headerFields.target, 'target'),
    field(headerFields.level, Uint8Array.of(level)),
    field(headerFields.module, 'module'),
    field(headerFields.file, 'src/main.rs'),
    field(headerFields.line, u32(7)),
    field(headerFields.argumentCount, u32(argumentCount)),
  ])
}

/** Fields behind a size: their own, unless another one is given. */
export function record(fields: readonly Uint8Array[], size?: number): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(2), ...fields])
  bytes.writeUInt16LE(size ?? bytes.length)
  return bytes
}

/** A whole line. */
export function textRecord(text: string, level = 3): Buffer {
  return record([header(1, level), field(kinds.text, text)])
}
