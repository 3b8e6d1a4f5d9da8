// A UDP client and a server on loopback, of which one port is denied: prints what both sent and received, as JSON.
//
//   loopback-traffic.ts <denied port>

import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { once } from 'node:events'
import type { Traffic } from './traffic.ts'

interface Family {
  readonly type: SocketType
  readonly address: string
  /** The bytes before the payload: the headers of IP and of UDP. */
  readonly headers: number
}

const families: readonly Family[] = [
  { type: 'udp4', address: '127.0.0.1', headers: 20 + 8 },
  { type: 'udp6', address: '::1', headers: 40 + 8 },
]

const deniedPort = Number(process.argv[2])

/** How many datagrams the client sends to each port, each larger than the one before. */
const toAllowed = 20
const toDenied = deniedPort === 0 ? 0 : 10
const payload = (index: number): Buffer => Buffer.alloc(1 + index * 50)

const replyMs = 5_000

const egress = { packets: 0, bytes: 0, 'dropped packets': 0, 'dropped bytes': 0 }
const ingress = { packets: 0, bytes: 0, 'dropped packets': 0, 'dropped bytes': 0 }

try {
  for (const family of families) await talk(family)
  if (egress.packets === 0) throw new Error('there is no loopback address: is the interface "lo" up?')
  console.log(JSON.stringify({ egress, ingress } satisfies Record<string, Traffic>))
} catch (error) {
  console.error(`loopback-traffic: ${(error as Error).message}`)
  process.exitCode = 1
}

/** Sends to both ports; not at all where the machine lacks the family. */
async function talk(family: Family): Promise<void> {
  // The denied port first: then it is not what the system chooses for the others. Somebody listens, but nothing arrives.
  const denied = toDenied === 0 ? null : await open(family, deniedPort)
  const server = await open(family, 0)
  const client = await open(family, 0)
  try {
    if (server === null || client === null) return
    server.on('message', (message, { port }) => void send(family, server, port, message))
    for (let index = 0; index < toAllowed; index++) await ask(family, client, server.address().port, payload(index))
    for (let index = 0; index < toDenied; index++) await send(family, client, deniedPort, payload(index))
  } finally {
    for (const socket of [denied, server, client]) socket?.close()
  }
}

/** Sends a datagram and waits for the reply. */
async function ask(family: Family, client: Socket, port: number, message: Buffer): Promise<void> {
  const reply = once(client, 'message', { signal: AbortSignal.timeout(replyMs) })
  await Promise.all([send(family, client, port, message), reply])
}

/** Sends a datagram and counts it. Who sends one that is dropped is told so: EPERM. */
async function send({ address, headers }: Family, socket: Socket, port: number, message: Buffer): Promise<void> {
  const error = await new Promise<Error | null>((resolve) => socket.send(message, port, address, resolve))
  const isDropped = error !== null && (error as NodeJS.ErrnoException).code === 'EPERM'
  if (error !== null && !isDropped) throw error
  const bytes = headers + message.length
  egress.packets += 1
  egress.bytes += bytes
  egress['dropped packets'] += isDropped ? 1 : 0
  egress['dropped bytes'] += isDropped ? bytes : 0
}

/** A socket that counts what it receives; `null` where the machine lacks the address, or others have the port. */
async function open({ type, address, headers }: Family, port: number): Promise<Socket | null> {
  const socket = createSocket(type)
  socket.on('message', (message) => {
    ingress.packets += 1
    ingress.bytes += headers + message.length
  })
  try {
    socket.bind(port, address)
    await once(socket, 'listening')
    return socket
  } catch (error) {
    socket.close()
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code)) throw error
    return null
  }
}
