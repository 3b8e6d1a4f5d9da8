// Sends datagrams to itself over loopback, as fast as it can, and reads none of them: more than any ring has room for.
//
//   flood-traffic.ts <datagrams>

import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const datagrams = Number(process.argv[2])
const [receiver, sender] = [createSocket('udp4'), createSocket('udp4')]
receiver.bind(0, '127.0.0.1')
await once(receiver, 'listening')
sender.connect(receiver.address().port, '127.0.0.1')
await once(sender, 'connect')
const datagram = Buffer.alloc(100)
for (let left = datagrams; left > 0;) {
  const batch = Math.min(left, 64)
  const sent = Array.from({ length: batch }, () => new Promise((resolve) => sender.send(datagram, resolve)))
  await Promise.all(sent)
  left -= batch
}
sender.close()
receiver.close()
