// What keeps the process alive while somebody waits for events: one timer for all, only then.

let holders = 0
let timer: NodeJS.Timeout | undefined

/** Keeps the process alive until {@link release} has been called as often. */
export function hold(): void {
  // The longest that a timer can be, 25 days; an interval, because that is not forever.
  if (holders++ === 0) timer = setInterval(() => undefined, 2 ** 31 - 1)
}

/** Undoes one {@link hold}. */
export function release(): void {
  if (--holders === 0) clearInterval(timer)
}
