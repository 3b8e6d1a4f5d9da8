// Errors about an object know its bytes only: here they learn which file it was.

import { EbpfError } from '../index.ts'

/** Runs `action`; what goes wrong with the object names the file. */
export function naming<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (!EbpfError.isEbpfError(error)) throw error
    throw new EbpfError(error.code, `${path}: ${error.message}`, { path, cause: error })
  }
}
