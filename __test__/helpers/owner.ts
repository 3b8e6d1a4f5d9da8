// Who answers for what a helper makes: a test, or a soak.

/** Undoes at its end what was made for it, the last thing first. */
export interface Owner {
  teardown(undo: () => void | Promise<void>): void
}
