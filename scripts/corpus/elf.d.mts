// Types of elf.mjs, for what is not run by Node as it is.

/** The header of a section: where it is in the file, and what it says. */
export interface SectionHeader {
  readonly at: number
  readonly index: number
  readonly name: number
  readonly offset: number
  readonly size: number
}

/** The entry of a symbol: where it is in the file, and what it says. */
export interface SymbolEntry {
  readonly at: number
  readonly index: number
  readonly name: string
  readonly type: number
}

type Field<Name extends string> = Readonly<Record<Name, number>>

export declare function sectionsOf(bytes: Buffer): Map<string, SectionHeader>
export declare function section(bytes: Buffer, name: string): SectionHeader
export declare function symbolsOf(bytes: Buffer): SymbolEntry[]
export declare function symbol(bytes: Buffer, name: string): SymbolEntry
export declare const shdr: Field<'name' | 'type' | 'flags' | 'addr' | 'offset' | 'size' | 'link' | 'info' | 'align'>
export declare const sym: Field<'name' | 'info' | 'section' | 'value' | 'size'>
export declare const rel: Field<'offset' | 'type' | 'symbol'>
