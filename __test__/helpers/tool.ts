// What programs of this repository for the command line have in common: usage, exit codes, and an end by signals.

/** What a program is told by its arguments. */
interface ToolOptions {
  readonly help: boolean
}

/** Runs a program with its arguments, and gives its exit code: 2 when they are wrong, which is told with the usage. */
export async function runTool<T extends ToolOptions>(
  { readOptions, usage }: { readOptions: (args: readonly string[]) => T; usage: string },
  run: (options: T) => Promise<number>,
): Promise<number> {
  let options: T
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (!options.help) return run(options)
  console.log(usage)
  return 0
}

/** Is aborted by the first signal that asks the process to end. A second one ends it at once. */
export function endSignal(): AbortSignal {
  const end = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => end.abort())
  return end.signal
}
