// The object `bpf.globals`: global variables as properties.

import { inspect, type InspectOptions } from 'node:util'
import { newMemory, type Memory } from '../btf/codec.ts'
import { EbpfError, errorCodes } from '../errors.ts'
import type { Binding } from '../native.ts'
import { readerOf, type State } from './accessors.ts'
import { openSection, type Section } from './section.ts'
import { encodeValue, type Variable } from './variables.ts'

/** The variables of an open object, while it is open. */
export class LiveGlobals {
  readonly #sections = new Map<string, Section>()
  /** A property for each variable, and nothing else. */
  readonly properties: object
  readonly #state: { isClosed: boolean } & State = { isClosed: false, refuse }

  /** @param mapOf The map that holds a section; `undefined` where the kernel has no global variables. */
  constructor(variables: Iterable<Variable>, mapOf: (section: string) => Binding.MapData | undefined) {
    const properties = Object.create(null) as object
    try {
      for (const variable of variables) {
        const section = this.#section(variable, mapOf)
        if (section !== undefined) Object.defineProperty(properties, variable.name, this.#property(variable, section))
      }
    } catch (error) {
      this.close()
      throw error
    }
    const show = (_depth: number, options: InspectOptions): string => this.#show(options)
    Object.defineProperty(properties, inspect.custom, { value: show })
    this.properties = Object.preventExtensions(properties)
  }

  /** Ends the use of the variables, and lets go of their maps. Twice does nothing more. */
  close(): void {
    this.#state.isClosed = true
    const sections = [...this.#sections.values()]
    this.#sections.clear()
    for (const section of sections) section.close()
  }

  #section(variable: Variable, mapOf: (section: string) => Binding.MapData | undefined): Section | undefined {
    const { section: name, readonly } = variable
    const known = this.#sections.get(name)
    if (known !== undefined) return known
    const map = mapOf(name)
    if (map === undefined) return undefined
    const section = openSection(map, readonly)
    this.#sections.set(name, section)
    return section
  }

  #property(variable: Variable, section: Section): PropertyDescriptor {
    const state = this.#state
    let spare: Memory | undefined
    const set = (value: unknown): void => {
      if (state.isClosed) refuse()
      if (variable.readonly) throw readOnly(variable)
      const memory = spare ?? newMemory(variable.size)
      // A getter of the value may write to this very variable.
      spare = undefined
      encodeValue(variable, value, memory)
      section.write(variable.offset, memory)
      spare = memory
    }
    return { get: readerOf(variable, section, state), set, enumerable: true }
  }

  #show(options: InspectOptions): string {
    if (this.#state.isClosed) return `Globals ${inspect({ state: 'closed' }, options)}`
    return `Globals ${inspect(Object.fromEntries(Object.entries(this.properties)), options)}`
  }
}

function refuse(): never {
  throw new EbpfError('ERR_EBPF_CLOSED', `The object has been closed. ${errorCodes.ERR_EBPF_CLOSED.remedy}`)
}

function readOnly({ name, section }: Variable): EbpfError {
  const message = `The global variable "${name}" is in ${section} and cannot change any more. ${errorCodes.ERR_EBPF_READONLY.remedy}`
  return new EbpfError('ERR_EBPF_READONLY', message)
}
