// UDP sockets on loopback that talk to themselves: 127.0.0.2 sends 2 packets, 127.0.0.3 sends 3, and so on to 127.0.0.8.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** So that a packet is 1,000 bytes long, with the headers of IPv4 and UDP. */
const payload = Buffer.alloc(1_000 - 20 - 8)

const arrivalMs = 5_000

try {
  for (let host = 2; host <= 8; host++) await talk(`127.0.0.${host}`, host)
} catch (error) {
  console.error(`loopback-peers: ${(error as Error).message}`)
  process.exitCode = 1
}

/** Sends packets from an address to itself, each when the one before has arrived. */
async function talk(address: string, packets: number): Promise<void> {
  const socket = createSocket('udp4')
  try {
    socket.bind(0, address)
    await once(socket, 'listening')
    for (let sent = 0; sent < packets; sent++) {
      const arrival = once(socket, 'message', { signal: AbortSignal.timeout(arrivalMs) })
      socket.send(payload, socket.address().port, address)
      await arrival
    }
  } finally {
    socket.close()
  }
}
