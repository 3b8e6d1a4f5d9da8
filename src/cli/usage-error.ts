// What is wrong with a command line.

/** A command line that cannot be followed: exit code 2. */
export class UsageError extends Error {
  /** The command that was meant, where one was. */
  readonly command: string | undefined

  constructor(message: string, command?: string) {
    super(message)
    this.command = command
  }
}
