// Where a soak runs: whatever is made for it is undone at its end, the last thing first.

import type { Owner } from '../__test__/helpers/owner.ts'

export class Stage implements Owner {
  readonly #undo: (() => void | Promise<void>)[] = []

  teardown(undo: () => void | Promise<void>): void {
    this.#undo.push(undo)
  }

  /** Undoes everything, also when something of it fails. @throws {AggregateError} What has failed. */
  async end(): Promise<void> {
    const errors: unknown[] = []
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `the end of the soak has failed: ${errors.map(String).join('; ')}`)
  }
}
