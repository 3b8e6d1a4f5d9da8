// The example on real traffic: its numbers, its exit statuses, its failures.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import test from 'ava'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { runExample, tableOf, type Settings } from './example.ts'

leaveNothingBehind(test)

/** What the default command sends by each family: 20 datagrams with replies, and 10 to the denied port. */
const sent = { allowed: 40, denied: 10 }

test('the default command counts what the programs count', async (t) => {
  const { status, stdout, stderr } = await runExample(t, [])
  const { egress, ingress, ...byCommand } = tableOf(stdout)
  t.deepEqual([status, stderr], [0, ''])
  t.deepEqual(byCommand, { 'egress, by the command': egress, 'ingress, by the command': ingress })
  const families = (ingress?.[0] ?? 0) / sent.allowed
  t.true(families === 1 || families === 2, stdout)
  t.is(egress?.[0], families * (sent.allowed + sent.denied))
  t.is(egress?.[2], families * sent.denied)
  t.deepEqual(ingress?.slice(2), [0, 0])
  t.regex(stdout, /port 9999 are dropped/)
  t.regex(stdout, /✔ the command counted the same\n$/)
})

test('--deny-port chooses the port that the default command sends to', async (t) => {
  const { status, stdout } = await runExample(t, ['--deny-port', '40404'])
  t.is(status, 0)
  t.regex(stdout, /port 40404 are dropped/)
  t.is((tableOf(stdout)['egress']?.[2] ?? 0) % sent.denied, 0)
})

test('--deny-port 0 drops nothing', async (t) => {
  const { status, stdout } = await runExample(t, ['--deny-port=0'])
  t.is(status, 0)
  t.regex(stdout, /no port is denied/)
  t.deepEqual(tableOf(stdout)['egress']?.slice(2), [0, 0])
  t.deepEqual(tableOf(stdout)['egress'], tableOf(stdout)['ingress'])
})

test('UDP of a command reaches the allowed port and not the denied one', async (t) => {
  const [allowed, denied] = await Promise.all([receiver(), receiver()])
  const { status, stdout } = await runExample(t, [
    ...['--deny-port', `${denied.port}`, '--', process.execPath, '--input-type=module', '-e', udpScript],
    ...[`${allowed.port}`, `${denied.port}`],
  ])
  const received = [allowed, denied].map((one) => one.close())
  t.is(status, 0)
  t.regex(stdout, /sent 3, refused 2 with EPERM/)
  t.deepEqual(received, [3, 0])
  // 100 bytes of payload, and the headers of IPv4 and UDP. Who receives is not in the cgroup.
  t.deepEqual(tableOf(stdout), { egress: [5, 5 * 128, 2, 2 * 128], ingress: [0, 0, 0, 0] })
})

test('TCP of a command reaches the allowed port and not the denied one', async (t) => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const connect = ['--', process.execPath, '-e', tcpScript, `${port}`]
  const allowed = await runExample(t, connect)
  t.is(allowed.status, 0, allowed.stderr)
  t.regex(allowed.stdout, /connected/)
  t.is(tableOf(allowed.stdout)['egress']?.[2], 0)
  t.true((tableOf(allowed.stdout)['ingress']?.[0] ?? 0) > 0)
  const denied = await runExample(t, [`--deny-port=${port}`, ...connect])
  t.regex(denied.stdout, /no answer/)
  const [packets, bytes, droppedPackets, droppedBytes] = tableOf(denied.stdout)['egress'] ?? []
  t.true((packets ?? 0) > 0)
  t.deepEqual([droppedPackets, droppedBytes], [packets, bytes])
  t.deepEqual(tableOf(denied.stdout)['ingress'], [0, 0, 0, 0])
})

const statuses: { title: string; args: string[]; status: number; stdout?: RegExp }[] = [
  { title: '0 of a command', args: ['true'], status: 0 },
  { title: '7 of a command', args: ['--', 'sh', '-c', 'exit 7'], status: 7 },
  { title: '128 + n of a command that a signal ended', args: ['sh', '-c', 'kill -TERM $$'], status: 143 },
  { title: '0 for --help', args: ['--help'], status: 0, stdout: /^usage: / },
  {
    title: '0 of a command with options of its own',
    args: ['printf', '%s\n', '--help', '-x'],
    status: 0,
    stdout: /-x/,
  },
  {
    title: '0 of a command behind our options',
    args: ['--deny-port', '1', '--', 'true'],
    status: 0,
    stdout: /port 1 /,
  },
]

for (const { title, args, status, stdout = /^/ } of statuses) {
  test(`the exit status is ${title}`, async (t) => {
    const ending = await runExample(t, args)
    t.deepEqual([ending.status, ending.stderr], [status, ''])
    t.regex(ending.stdout, stdout)
  })
}

const withoutCapabilities = [
  'setpriv',
  '--bounding-set=-sys_admin,-bpf,-net_admin',
  '--inh-caps=-sys_admin,-bpf,-net_admin',
]
const withoutCgroups = ['unshare', '--mount', 'sh', '-c', 'umount --lazy --all --types cgroup2; exec "$@"', 'sh']

const failures: { title: string; args: string[]; status: number; says: RegExp; settings?: Settings }[] = [
  { title: 'an unknown option', args: ['--denyport', '1'], status: 2, says: /Unknown option '--denyport'; see --help/ },
  { title: 'a port that is none', args: ['--deny-port', '65536'], status: 2, says: /0 to 65535, not "65536"/ },
  { title: 'an empty port', args: ['--deny-port='], status: 2, says: /0 to 65535, not ""/ },
  { title: 'a missing port', args: ['--deny-port'], status: 2, says: /argument missing/ },
  { title: 'a port that is the end of options', args: ['--deny-port', '--', 'true'], status: 2, says: /ambiguous/ },
  { title: 'an absent command', args: ['ayajs-no-such-command'], status: 127, says: /not found: ayajs-no-such/ },
  { title: 'an empty command', args: [''], status: 127, says: /command not found:$/ },
  { title: 'an absent path', args: ['./no/such'], status: 127, says: /command not found: \.\/no\/such/ },
  { title: 'a directory', args: ['/tmp'], status: 127, says: /command not found: \/tmp/ },
  { title: 'a file that cannot be run', args: ['./package.json'], status: 126, says: /not executable: \.\/package/ },
  {
    title: 'a lack of capabilities',
    args: [],
    status: 1,
    says: /lacks CAP_BPF.*run it as root/,
    settings: { by: withoutCapabilities },
  },
  { title: 'a lack of cgroup v2', args: [], status: 1, says: /v2 is not mounted/, settings: { by: withoutCgroups } },
]

for (const { title, args, status, says, settings } of failures) {
  test(`the example says in one line what is wrong with ${title}`, async (t) => {
    const ending = await runExample(t, args, settings)
    t.is(ending.status, status)
    t.regex(ending.stderr, /^egress-filter: [^\n]+\n$/)
    t.regex(ending.stderr.trimEnd(), says)
    t.is(ending.stdout, '')
  })
}

test('the example says in one line that an ordinary user cannot make cgroups', async (t) => {
  const nobody = { uid: 65_534 }
  const ending = await runExample(t, [], nobody)
  if (/ERR_MODULE_NOT_FOUND|EACCES.*open/.test(ending.stderr)) {
    t.log('skipped: an ordinary user cannot read this clone')
    t.pass()
    return
  }
  t.is(ending.status, 1)
  t.regex(ending.stderr, /^egress-filter: cannot make a cgroup in \S+ \(EACCES\): run this as root\n$/)
})

/** Sends 3 datagrams of 100 bytes to the first port, and 2 to the second. */
const udpScript = `
  import { createSocket } from 'node:dgram'
  const [allowed, denied] = process.argv.slice(1).map(Number)
  const socket = createSocket('udp4')
  let [sent, refused] = [0, 0]
  for (const port of [allowed, denied, allowed, denied, allowed]) {
    const error = await new Promise((resolve) => socket.send(Buffer.alloc(100), port, '127.0.0.1', resolve))
    if (error?.code === 'EPERM') refused++
    else sent++
  }
  socket.close()
  console.log('sent ' + sent + ', refused ' + refused + ' with EPERM')`

/** Connects, or gives up after half a second: the kernel tells nobody that it drops the packets of a connection. */
const tcpScript = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1')
  socket.setTimeout(500, () => (console.log('no answer'), socket.destroy()))
  socket.on('connect', () => console.log('connected'))
  socket.resume()`

interface Receiver {
  readonly port: number
  /** How many datagrams there were. */
  close(): number
}

async function receiver(): Promise<Receiver> {
  const socket = createSocket('udp4')
  let received = 0
  socket.on('message', () => received++)
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    close() {
      socket.close()
      return received
    },
  }
}
