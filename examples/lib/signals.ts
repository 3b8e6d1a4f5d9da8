// Ctrl-C and its relatives, as one AbortSignal.

/**
 * From now on SIGINT, SIGTERM and SIGHUP do not end the process, nor does it when nobody reads its output any more: they
 * abort the signal, whose reason is the name of what came first.
 */
export function catchSignals(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort(name))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => controller.abort('SIGPIPE'))
  return controller.signal
}
