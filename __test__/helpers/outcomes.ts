// For actors that lack capabilities: tries things, and tells the test which capabilities were missing for each.
import type { EbpfError } from 'ayajs'

/** The capabilities that are missing, by what was tried; `null` when it could be done. */
export type Outcome = Record<string, readonly string[] | string | null>

/** Tries all, sends the outcome to the parent, and lets go of it. */
export function tellOutcomes(attempts: Readonly<Record<string, () => unknown>>): void {
  const outcome: Outcome = {}
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      attempt()
      outcome[name] = null
    } catch (error) {
      const { code, missingCapabilities } = error as EbpfError
      outcome[name] = code === 'ERR_EBPF_PERMISSION' ? (missingCapabilities ?? []) : String(error)
    }
  }
  process.send?.(outcome, () => process.disconnect())
}
