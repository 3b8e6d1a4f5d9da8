// The child of traffic.ts: takes orders over IPC, sends to itself over loopback, answers with a report.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { slowness } from './poll.ts'
import type { Order, Report } from './traffic.ts'

/** How long to wait for datagrams that were sent. Over loopback they are there at once, or dropped. */
const patienceMs = 500 * slowness

process.on('message', (order: Order) => {
  const report = order.protocol === 'udp' ? sendUdp(order) : sendTcp(order)
  report.then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      throw error
    },
  )
})

async function sendUdp({ datagrams, bytes, host }: Order & { protocol: 'udp' }): Promise<Report> {
  const family = host === '::1' ? 'udp6' : 'udp4'
  const [receiver, sender] = [createSocket(family), createSocket(family)]
  let received = 0
  receiver.on('message', () => received++)
  receiver.bind(0, host)
  await once(receiver, 'listening')
  sender.connect(receiver.address().port, host)
  await once(sender, 'connect')
  let refused = 0
  for (let i = 0; i < datagrams; i++) if (!(await isSent(sender, Buffer.alloc(bytes)))) refused++
  const sent = datagrams - refused
  const arrived = (): boolean => received === sent
  for (let waitedMs = 0; !arrived() && waitedMs < patienceMs; waitedMs += 10) await sleep(10)
  sender.close()
  receiver.close()
  return { sent, refused, received }
}

/** False for EPERM, which is what a program's verdict makes of a datagram. */
async function isSent(sender: Socket, datagram: Buffer): Promise<boolean> {
  const error = await new Promise<Error | null>((resolve) => sender.send(datagram, resolve))
  if (error === null) return true
  if ((error as NodeJS.ErrnoException).code === 'EPERM') return false
  throw error
}

async function sendTcp({ bytes, host }: Order & { protocol: 'tcp' }): Promise<Report> {
  let received = 0
  const server = createServer((socket) => socket.on('data', (chunk) => (received += chunk.length)))
  server.listen(0, host)
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, host)
  client.end(Buffer.alloc(bytes))
  await once(client.resume(), 'close')
  server.close()
  await once(server, 'close')
  return { sent: client.bytesWritten, refused: 0, received }
}
