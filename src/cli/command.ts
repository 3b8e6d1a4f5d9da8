// What a command is: help, the parser and docs/cli.md are made from these objects.

/** A command of `ayajs`. */
export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What it does, in paragraphs of Markdown without links. */
  readonly description: readonly string[]
  /** What stands behind the command's name, in order; each must be given. */
  readonly operands: readonly Operand[]
  readonly options: Readonly<Record<string, Option>>
  readonly examples: readonly Example[]
  /** Does it, and gives the exit code. */
  run(given: Given, io: Io): Promise<number>
}

export interface Operand {
  /** As help shows it: `OBJECT`. */
  readonly name: string
  readonly means: string
}

export interface Option {
  /** One letter. */
  readonly short?: string
  /** What the option's value is called in help, `FILE`; without it the option has none. */
  readonly value?: string
  readonly means: string
}

export interface Example {
  readonly command: string
  readonly means: string
}

/** What was given on the command line: checked, so that names are known and operands complete. */
export interface Given {
  readonly operands: readonly string[]
  /** The options with a value. */
  readonly values: Readonly<Partial<Record<string, string>>>
  /** The options without one that are set. */
  readonly flags: ReadonlySet<string>
}

/** The streams and the environment of a process. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The part of a writable stream that commands use. */
export interface Output {
  readonly isTTY?: boolean
  write(text: string, done: (error?: Error | null) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Options of every command. */
const commonOptions: Readonly<Record<string, Option>> = {
  verbose: { means: 'When it fails, tell also what lies behind the failure.' },
  help: { short: 'h', means: 'Show this text.' },
}

/** The options that a command takes, the common ones last. */
export function optionsOf(command: Pick<Command, 'options'>): Readonly<Record<string, Option>> {
  return { ...command.options, ...commonOptions }
}
