// Failures that a user can understand and mend: one line instead of a stack trace.

import { EbpfError } from 'ayajs'

/** What stopped the program, said in one line, and the status with which it exits. */
export class Failure extends Error {
  readonly exitStatus: number

  constructor(message: string, exitStatus = 1) {
    super(message)
    this.exitStatus = exitStatus
  }
}

/** Runs `main`, reports its failures in one line, and returns the status with which to exit. */
export async function statusOf(name: string, main: () => Promise<number>): Promise<number> {
  try {
    return await main()
  } catch (error) {
    if (!(error instanceof Failure) && !EbpfError.isEbpfError(error)) throw error
    console.error(`${name}: ${error.message}`)
    return error instanceof Failure ? error.exitStatus : 1
  }
}
