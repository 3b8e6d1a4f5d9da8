// A child process that makes calls fail where the stack ends: what JavaScript survives, the addon must survive too.
import { Ebpf } from 'ayajs'
import * as native from 'ayajs/native'
import { fixturePath } from './fixtures.ts'

/** Calls that fail, with and without the error factory, and one that does not. */
const calls: Readonly<Record<string, () => unknown>> = {
  'a failing call of ayajs': () => Ebpf.loadFile('/nonexistent'),
  'a failing call of ayajs/native alone': () => native.Btf.parse(new Uint8Array(3)),
  'a call of ayajs that gives a class': () => bpf?.program('count_egress')?.asRawFd(),
  'a call of ayajs/native that refuses its argument': () => native.Btf.parseFile(1 as never),
  'an error factory that fails itself': () => {
    native.setErrorFactory(() => native.Btf.parse(new Uint8Array(3)) as never)
    native.Btf.parse(new Uint8Array(3))
  },
  'an error factory whose error is its own cause': () => {
    native.setErrorFactory(() =>
      Object.assign(new Error('on purpose'), {
        get cause(): unknown {
          return this
        },
      }),
    )
    native.Btf.parse(new Uint8Array(3))
  },
}

const which = process.argv[2] ?? ''
const call = calls[which]
if (call === undefined) throw new Error(`no such call: ${which}`)

/** Open for calls of ayajs only: opening sets the error factory. */
const bpf = which.includes('ayajs that') ? Ebpf.loadFile(fixturePath('cgroup_skb')) : undefined

// Where exactly the stack ends differs each time, so that one time or another the call is made at its very end.
for (let turn = 0; turn < 3; turn++) attempt(() => deeper(call))
process.send?.('alive')

function deeper(run: () => unknown): void {
  attempt(run)
  deeper(run)
}

function attempt(run: () => unknown): void {
  try {
    run()
  } catch {
    // That it throws, and does not end the process, is all that matters here.
  }
}
