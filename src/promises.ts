// Promises of the addon: stacks of their callers, and turns for those that must not overlap.

/** Gives rejections the stack of who called `method`: the thread that failed has none. */
export async function withStackOf<T>(method: (...args: never[]) => unknown, promise: Promise<T>): Promise<T> {
  const caller: { stack?: string } = {}
  Error.captureStackTrace(caller, method)
  try {
    return await promise
  } catch (error) {
    if (error instanceof Error) {
      const frames = caller.stack?.slice(caller.stack.indexOf('\n')) ?? ''
      error.stack = `${error.name}: ${error.message}${frames}`
    }
    throw error
  }
}

/** Runs jobs one after the other, so that none of them parks a thread of the pool while it waits. */
export class Queue {
  #last: Promise<unknown> | undefined

  /** Starts `job` at once when nothing is running, else after all that were there before it. */
  async run<T>(job: () => Promise<T>): Promise<T> {
    const previous = this.#last
    const result = previous === undefined ? job() : previous.then(job, job)
    const settled = result.then(
      () => undefined,
      () => undefined,
    )
    this.#last = settled
    try {
      return await result
    } finally {
      if (this.#last === settled) this.#last = undefined
    }
  }
}
