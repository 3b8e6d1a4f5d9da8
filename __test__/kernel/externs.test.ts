// What an object takes from the running kernel by name: `__kconfig`, `__ksym` and kfuncs.
import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { type Ebpf, EbpfError, KernelVersion } from 'ayajs'
import { loaded, mapOf, openFixture } from '../helpers/fixtures.ts'
import { leaveNothingBehind } from '../helpers/left-behind.ts'
import { doors } from '../helpers/open.ts'

leaveNothingBehind(test)

const packet = Uint8Array.from({ length: 40 }, (_, index) => (index === 0 ? 0x45 : 0))

for (const door of doors) {
  test(`${door.name} opens an object of which some programs lack something in this kernel, and loads the others`, async (t) => {
    const bpf = await door.open(t, 'externs')
    t.is(loaded(bpf, 'lacks_nothing').testRun({ packet }).returnValue, 1)
  })
}

test('options of the configuration have the values that the kernel was built with', (t) => {
  const bpf = openFixture(t, 'externs')
  loaded(bpf, 'read_config').testRun({ packet })
  t.is(variable(bpf, 'version'), KernelVersion.current().code())
  t.is(variable(bpf, 'hz'), Number(option('CONFIG_HZ') ?? 0))
  t.is(variable(bpf, 'has_bpf'), option('CONFIG_BPF_SYSCALL') === 'y')
  t.is(variable(bpf, 'has_jit'), option('CONFIG_BPF_JIT') === 'y' ? 1 : 0)
  t.is(variable(bpf, 'has_cgroups'), option('CONFIG_CGROUP_BPF')?.charCodeAt(0))
  t.is(variable(bpf, 'compiler'), option('CONFIG_CC_VERSION_TEXT')?.charCodeAt(1))
  t.is(variable(bpf, 'none'), 0n, 'weak, and not there')
})

test('what the configuration says is constant: neither programs nor user space change it', (t) => {
  const map = mapOf(openFixture(t, 'externs'), '.rodata.kconfig')
  const value = map.get(new Uint8Array(4))
  t.throws(() => map.set(new Uint8Array(4), value ?? new Uint8Array()), { code: 'ERR_EBPF_MAP', message: /frozen/ })
})

test('symbols have their addresses, and weak ones that are not there 0', (t) => {
  const bpf = openFixture(t, 'externs')
  loaded(bpf, 'read_addresses').testRun({ packet })
  t.is(variable(bpf, 'address'), addressOf('do_exit'))
  t.is(variable(bpf, 'absent_address'), 0n)
  t.is(variable(bpf, 'absent_variable'), 0n)
})

test('functions of the kernel are called, and weak ones that are not there are passed over', (t) => {
  const bpf = openFixture(t, 'externs')
  t.is(loaded(bpf, 'call_functions').testRun({ packet }).returnValue, 1)
})

test('a variable of the kernel is found by its type, whether or not its address is known', (t) => {
  const bpf = openFixture(t, 'externs')
  const program = bpf.program('read_variable')
  if (addressOf('bpf_prog_active') === undefined) {
    const error = t.throws(() => program?.load(), { instanceOf: EbpfError, code: 'ERR_EBPF_LOAD' })
    t.regex(error?.verifierLog ?? '', /failed to find the address for kernel symbol 'bpf_prog_active'/)
  } else {
    t.notThrows(() => program?.load())
  }
})

const lacking = [
  { program: 'lacks_address', says: /the address of ayajs_lacks, which this kernel does not have/ },
  { program: 'lacks_function', says: /it calls ayajs_lacks_function, which is not among the functions of this kernel/ },
  { program: 'lacks_config', says: /the option CONFIG_AYAJS_LACKS of the kernel's configuration/ },
]

for (const { program, says } of lacking) {
  test(`${program} throws ERR_EBPF_UNSUPPORTED with the name of what is not there`, (t) => {
    const bpf = openFixture(t, 'externs')
    const error = t.throws(() => bpf.program(program)?.load(), { instanceOf: EbpfError })
    t.like(error, { code: 'ERR_EBPF_UNSUPPORTED', program })
    t.regex(error?.message ?? '', says)
  })
}

/** A variable of the object, as user space has it. */
function variable(bpf: Ebpf, name: string): unknown {
  return (bpf.globals as Record<string, unknown>)[name]
}

/** An option of the configuration of the running kernel. */
function option(name: string): string | undefined {
  const boot = `/boot/config-${release()}`
  const config = existsSync(boot) ? readFileSync(boot) : gunzipSync(readFileSync('/proc/config.gz'))
  return new RegExp(`^${name}=(.*)$`, 'm').exec(config.toString())?.[1]
}

function addressOf(symbol: string): bigint | undefined {
  const symbols = readFileSync('/proc/kallsyms', 'latin1')
  const address = new RegExp(`^([0-9a-f]+) . ${symbol}$`, 'm').exec(symbols)?.[1]
  return address === undefined ? undefined : BigInt(`0x${address}`)
}
