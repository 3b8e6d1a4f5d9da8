// How the process ends: the one table of exit codes.

/** What an exit code means. */
export interface ExitCode {
  readonly code: number
  readonly means: string
}

/** Every exit code. A signal ends the process as the shell knows it: 128 and the signal's number. */
export const exitCodes = {
  ok: { code: 0, means: 'Done. With `--check`: the file is current.' },
  failed: { code: 1, means: 'Failed, for the reason on stderr. With `--check`: the file is stale or missing.' },
  usage: { code: 2, means: 'The command line is wrong: nothing has been done.' },
} as const satisfies Record<string, ExitCode>
