// Has ayajs load each program of objects, as libbpf.c has libbpf: the same arguments, and the same lines in the record.
import { appendFileSync, readFileSync } from 'node:fs'
import { Btf, Ebpf, type LoadOptions } from 'ayajs'
import { typesOf } from '../../__test__/helpers/types-of.ts'

main(process.argv.slice(2))

function main(paths: readonly string[]): void {
  for (let at = 0; at + 1 < paths.length; at += 2) {
    // Before its maps are made, which belong to it.
    write({ object: at / 2 })
    loadEach(paths[at]!, paths[at + 1]!)
  }
}

function loadEach(path: string, types: string): void {
  let bpf: Ebpf
  try {
    bpf = Ebpf.loadFile(path, optionsFor(types))
  } catch (error) {
    return write({ unopened: described(error) })
  }
  try {
    for (const [name, program] of bpf.programs()) {
      write({ load: name })
      const error = failureOf(() => program.load())
      write({ loaded: name, error })
    }
  } finally {
    bpf.close()
  }
}

/** Pins lie where whoever started this takes them away. */
function optionsFor(types: string): LoadOptions {
  const defaultMapPinDirectory = process.env['AYAJS_PINS']
  return {
    ...(types !== '-' && { btf: Btf.parse(typesOf(readFileSync(types))) }),
    ...(defaultMapPinDirectory !== undefined && { defaultMapPinDirectory }),
  }
}

function failureOf(work: () => unknown): string {
  try {
    work()
    return ''
  } catch (error) {
    return described(error)
  }
}

function described(error: unknown): string {
  const { code, message } = error as Error & { code?: string }
  return `${code}: ${message.slice(0, 300)}`
}

function write(line: unknown): void {
  appendFileSync(process.env['AYAJS_RECORD']!, `${JSON.stringify(line)}\n`)
}
