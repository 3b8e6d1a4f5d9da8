// What is said of a program that is absent, of another kind, not loaded, loaded twice, busy, or refused by the verifier.
import test, { type ExecutionContext } from 'ava'
import { CgroupSkb, Ebpf, type EbpfError, type ObjectType } from 'ayajs'
import { fixturePath, loaded, openFixture } from '../../helpers/fixtures.ts'
import { leaveNothingBehind } from '../../helpers/left-behind.ts'
import { openSlow, refusedWhileLoading } from '../../helpers/slow-load.ts'
import { causesOf, failureOf, refuse, report, type Case } from './reports.ts'

leaveNothingBehind(test)

interface Types {
  programs: { count_egress: CgroupSkb; count_egres: CgroupSkb }
  maps: {}
  globals: {}
}
const Types: ObjectType<Types> = {}

const packet = Uint8Array.of(0x45)

const programs = 'count_any, count_egress, count_ingress, drop_egress, length_verdict, verdict'
const onePage =
  'The packet must be a whole IP header at least, and fit into one page of memory with 14 bytes before it.'

const cases: Case[] = [
  {
    title: 'a program that is absent is named beside those that there are, and the nearest one',
    run: (t) => CgroupSkb.tryFrom(open(t).program('count_egres')),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: `The object has no program "count_egres". It has: ${programs}. Did you mean "count_egress"?`,
  },
  {
    title: 'a program that is like none is named beside those that there are',
    run: (t) => CgroupSkb.tryFrom(open(t).program('filter')),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: `The object has no program "filter". It has: ${programs}.`,
  },
  {
    title: 'a program that was looked up in another turn of the event loop is null only',
    run: async (t) => {
      const program = open(t).program('filter')
      await Promise.resolve()
      return CgroupSkb.tryFrom(program)
    },
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: 'There is no such program: it is null.',
  },
  {
    title: 'a typed program that is absent is refused at once',
    run: (t) => openTyped(t).program('count_egres'),
    error: 'EbpfError ERR_EBPF_NOT_FOUND',
    message: `The object has no program "count_egres". It has: ${programs}. Did you mean "count_egress"?`,
  },
  {
    title: 'a program of another kind is refused with both kinds',
    run: (t) => CgroupSkb.tryFrom(openFixture(t, 'kinds').program('xdp_pass')),
    error: 'EbpfError ERR_EBPF_UNEXPECTED_PROGRAM_TYPE',
    message:
      'Program "xdp_pass" is of kind Xdp, not CgroupSkb. Look at `program.kind`, and at the section of the function: SEC("cgroup_skb/egress") makes a CgroupSkb.',
  },
  {
    title: 'a program that needs another one cannot be loaded',
    run: (t) => openFixture(t, 'kinds').program('freplace_prog')?.loadAsync(),
    error: 'EbpfError ERR_EBPF_UNSUPPORTED',
    message: `Program "freplace_prog" of kind Extension cannot be loaded: it takes the place of a function of another program, which has to be loaded before and given to it. Do without it: what does not need it works all the same.`,
  },
  ...perMethod(
    {
      'attach()': (program) => program.attach('/nowhere', 'Egress'),
      'fd()': (program) => program.fd(),
      'info()': (program) => program.info(),
      'testRun()': (program) => program.testRun({ packet }),
      'unload()': (program) => program.unload(),
    },
    (method, use) => ({
      title: `${method} of a program that is not loaded says so`,
      run: (t) => use(CgroupSkb.tryFrom(open(t).program('count_egress'))),
      error: 'EbpfError ERR_EBPF_NOT_LOADED',
      message: 'Program "count_egress" is not loaded. Call load() or await loadAsync() first.',
    }),
  ),
  ...perMethod(
    { 'load()': (program) => program.load(), 'loadAsync()': (program) => program.loadAsync() },
    (method, use) => ({
      title: `${method} of a program that is loaded says so`,
      run: (t) => use(loaded(open(t), 'count_egress')),
      error: 'EbpfError ERR_EBPF_ALREADY_LOADED',
      message: 'Program "count_egress" is already loaded. Load a program once; call unload() before you load it again.',
    }),
  ),
  {
    title: 'a load while another one of the same object runs on another thread is refused',
    run: (t) => loadBesideAnother(t),
    error: 'EbpfError ERR_EBPF_BUSY',
    message:
      'The object is busy: an asynchronous load of the same object is running. Await the promise of loadAsync() first.',
  },
  {
    title: 'a packet that is too short for the kernel is refused by it',
    run: (t) => loaded(open(t), 'count_egress').testRun({ packet }),
    error: 'EbpfError ERR_EBPF_TEST_RUN BPF_PROG_TEST_RUN EINVAL',
    message: `Cannot make a test run of program "count_egress": Invalid argument (EINVAL). ${onePage}`,
  },
]

refuse(cases)

/** The reason differs from kernel to kernel: it is that line of the log which matches. */
const refusals = [
  {
    name: 'bad_access',
    errnoName: 'EACCES',
    reason: /^invalid access to packet, .*; R1 (?:offset|min value) is outside of the (?:packet|allowed memory range)$/,
  },
  { name: 'endless_loop', errnoName: 'EINVAL', reason: /^infinite loop detected at insn 0$/ },
  { name: 'bad_return', errnoName: 'EINVAL', reason: /^At program exit the register R0 has .*should have been in .*$/ },
]

for (const { name, errnoName, reason } of refusals) {
  test(`the verifier's reason against ${name} is in the message, all that it said in verifierLog`, async (t) => {
    const error = (await failureOf(t, () => loaded(openFixture(t, 'refused'), name))) as EbpfError
    const log = error.verifierLog ?? ''
    const { reason: said = '', sourceLine } = error
    t.regex(said, reason)
    const lines = log.split('\n')
    t.true(lines.includes(said) || said.split('; ').every((part) => lines.includes(part)), `${said} is not in\n${log}`)
    t.regex(log, /^0: .*\n[^]*^processed \d+ insns/m)
    t.deepEqual(report(error), {
      error: `EbpfError ERR_EBPF_LOAD BPF_PROG_LOAD ${errnoName}`,
      message: `The kernel refused program "${name}": ${errnoName}: ${said}, at ${sourceLine}. Read \`verifierLog\`: its last lines tell the reason.`,
    })
    t.is(error.program, name)
    t.is(causesOf(error).length, 1)
    t.false(String(error).includes('processed'))
  })
}

test('a program beside one that was refused can be loaded', async (t) => {
  const bpf = openFixture(t, 'refused')
  await failureOf(t, () => loaded(bpf, 'bad_access'))
  t.true(loaded(bpf, 'fine').fd() > 0)
})

function open(t: ExecutionContext): Ebpf {
  return openFixture(t, 'cgroup_skb')
}

function openTyped(t: ExecutionContext): Ebpf<Types> {
  const bpf = Ebpf.loadFile(fixturePath('cgroup_skb'), { as: Types })
  t.teardown(() => bpf.close())
  return bpf
}

function perMethod(
  methods: Record<string, (program: CgroupSkb) => unknown>,
  row: (method: string, use: (program: CgroupSkb) => unknown) => Case,
): Case[] {
  return Object.entries(methods).map(([method, use]) => row(method, use))
}

/** Loads a program while another one of the object certainly loads on another thread. */
async function loadBesideAnother(t: ExecutionContext): Promise<void> {
  const object = openSlow(t)
  const { quick } = object
  throw await refusedWhileLoading(
    object,
    () => quick.load(),
    () => quick.unload(),
  )
}
