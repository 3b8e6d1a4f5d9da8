// `examples/top-talkers.ts` on real traffic: what it prints, its exit statuses, and that nothing of it stays.
import { networkInterfaces } from 'node:os'
import test from 'ava'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { until } from '../helpers/poll.ts'
import { leftOf, runExample, startExample } from './example.ts'

leaveNothingBehind(test)

const settings = { example: 'top-talkers' }

test('top-talkers: prints the five busiest of the seven peers, the busiest first', async (t) => {
  t.deepEqual(await runExample(t, [], settings), {
    status: 0,
    stdout: `\
127.0.0.8                                     8000 sent       8000 received
127.0.0.7                                     7000 sent       7000 received
127.0.0.6                                     6000 sent       6000 received
127.0.0.5                                     5000 sent       5000 received
127.0.0.4                                     4000 sent       4000 received
`,
    stderr: '',
  })
})

/** Sends 100 bytes of payload to somebody who does not answer; then does what is said. */
const send = (address: string, then: string): readonly string[] => [
  ...[process.execPath, '-e'],
  `const socket = require('node:dgram').createSocket(${address.includes(':') ? "'udp6'" : "'udp4'"})
   socket.send(Buffer.alloc(100), 9, '${address}', () => { ${then} })`,
]

test('top-talkers: counts what a command sends by IPv4', async (t) => {
  const { status, stdout } = await runExample(t, send('127.1.2.3', 'socket.close()'), settings)
  t.is(stdout, '127.1.2.3                                      128 sent          0 received\n')
  t.is(status, 0)
})

test('top-talkers: counts what a command sends by IPv6', async (t) => {
  const { status, stdout } = await runExample(t, send('::1', 'socket.close()'), settings)
  const hasIpv6 = networkInterfaces()['lo']?.some(({ address }) => address === '::1') === true
  const line = '::1                                            148 sent          0 received\n'
  t.is(stdout, hasIpv6 ? line : 'nothing was sent or received\n')
  t.is(status, 0)
})

test('top-talkers: says so when nothing was sent, and exits as the command does', async (t) => {
  const { status, stdout } = await runExample(t, ['sh', '-c', 'exit 7'], settings)
  t.deepEqual([status, stdout], [7, 'nothing was sent or received\n'])
})

for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  test(`top-talkers: on ${signal} it ends the command, prints what there is, and leaves nothing behind`, async (t) => {
    const example = startExample(t, send('127.1.2.3', "console.log('sent'); setInterval(() => {}, 1e6)"), settings)
    t.true(await until(() => example.stdoutSoFar() === 'sent\n'))
    example.signal(signal)
    const { status, stdout } = await example.ended
    t.is(stdout, 'sent\n127.1.2.3                                      128 sent          0 received\n')
    t.is(status, 128 + number)
    t.deepEqual(await leftOf(example), [])
  })
}
