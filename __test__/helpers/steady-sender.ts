// A child in a cgroup that sends datagrams over loopback without a pause, until it is told to stop; then it says how many.
// Its argument is the port that it sends to, by default one that is free.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'

/** What became of the datagrams. */
export interface Sent {
  readonly passed: number
  /** EPERM, which is what a program's verdict makes of a datagram. */
  readonly refused: number
  /** Whether this is the last report. */
  readonly isOver: boolean
}

const stop = new AbortController()
process.on('message', () => stop.abort())

const socket = createSocket('udp4')
socket.bind(Number(process.argv[2] ?? 0), '127.0.0.1')
await once(socket, 'listening')
socket.connect(socket.address().port, '127.0.0.1')
await once(socket, 'connect')

const sent = { passed: 0, refused: 0 }
while (!stop.signal.aborted) {
  for (let count = 0; count < 20; count++) sent[(await isPassed()) ? 'passed' : 'refused']++
  report()
  await turn() // Lets messages in.
}
socket.close()
report(() => process.disconnect())

function report(whenTold: () => void = () => undefined): void {
  process.send?.({ ...sent, isOver: stop.signal.aborted } satisfies Sent, whenTold)
}

async function isPassed(): Promise<boolean> {
  const error = await new Promise<Error | null>((resolve) => socket.send('x', resolve))
  if (error !== null && (error as NodeJS.ErrnoException).code !== 'EPERM') throw error
  return error === null
}
