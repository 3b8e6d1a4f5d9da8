// The line of a verifier's log that tells the reason, in logs as kernels from 5.10 to 7.3 wrote them for refused.bpf.o.
import test from 'ava'
import { readVerifierLog } from '../../dist/verifier-log.js'

const counts = `verification time 19 usec
stack depth 0
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`

const badAccess = `; const __u8 *data = (void *)(long)skb->data;
0: (61) r1 = *(u32 *)(r1 +76)
; return data[0] & 1;
1: (71) r0 = *(u8 *)(r1 +0)
invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
R1 offset is outside of the packet
`

const endlessLoop = `0: R1=ctx() R10=fp0
; for (;;) @ refused.bpf.c:19
0: (05) goto pc-1
0: (05) goto pc-1
infinite loop detected at insn 0
cur state: R1=ctx() R10=fp0
old state: R1=ctx() R10=fp0
`

const badReturn = `0: R1=ctx() R10=fp0
; return 2; @ refused.bpf.c:27
0: (b7) r0 = 2                        ; R0=2
1: (95) exit
`
const range = 'At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]'
const oldRange = 'At program exit the register R0 has value (0x2; 0x0) should have been in (0x0; 0x1)'

const cases: [title: string, log: string, summary: string][] = [
  [
    'a packet accessed without a check, in two lines',
    badAccess + counts,
    accessReason('offset is outside of the packet'),
  ],
  ['a loop without an end, above the states', endlessLoop + counts, 'infinite loop detected at insn 0'],
  ['a wrong verdict', `${badReturn}${range}\n${counts}`, range],
  ['a wrong verdict before Linux 6.8', `${badReturn}${oldRange}\n${counts}`, oldRange],
  ['a log that was cut off', 'invalid access to packet, off=0 size=1', 'invalid access to packet, off=0 size=1'],
  ['a log with nothing but counts', counts, ''],
  ['a log that was cut off before its reason', '; return 2;\n0: (b7) r0 = 2\n1: (95) exit', ''],
  ['an empty log', '', ''],
  ['a log of line ends', '\n\n', ''],
  ['a second half without the first', 'R1 offset is outside of the packet', 'R1 offset is outside of the packet'],
]

for (const [title, log, summary] of cases) {
  test(`readVerifierLog finds the reason in ${title}`, (t) => {
    t.is(readVerifierLog(log).reason, summary)
  })
}

/** Since then the counts have a line per function, and some reasons are explained after they are told. */
const counts73 = `verification time 385 usec
stack depth max 0
subprog 0 (endless_loop) main insns_self 9 insns_total 9 stack 0
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
`

const report73 = `invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
R1 min value is outside of the allowed memory range

Verification failed: Memory Safety: Access outside bounds

Reason:
  The verifier cannot prove offset + access_size <= object_size. Here, the minimal bound for a
  memory access is 0 and is outside of the object of size 0. R1 is pkt; offset is constant 0;
  access_size is 1; object_size is 0.

At:
  bad_access @ refused.bpf.c:12:9
  Source context:
      10 |         const __u8 *data = (void *)(long)skb->data;
  >>> 12 |         return data[0] & 1;
         |         ^-- error: access may be outside object bounds

Suggestion:
  Add or adjust a bounds check that proves offset + access_size stays within the object.

`

const cases73: typeof cases = [
  ['a loop without an end, in Linux 7.3', endlessLoop + counts73, 'infinite loop detected at insn 0'],
  ['a wrong verdict, in Linux 7.3', `${badReturn}${range}\n${counts73}`, range],
  [
    'a packet accessed without a check, in Linux 7.3',
    report73 + counts73,
    accessReason('min value is outside of the allowed memory range'),
  ],
]

for (const [title, log, summary] of cases73) {
  test(`readVerifierLog finds the reason in ${title}`, (t) => {
    t.is(readVerifierLog(log).reason, summary)
  })
}

test('readVerifierLog takes a log of megabytes', (t) => {
  const log = '0: (05) goto pc-1\n'.repeat(300_000) + endlessLoop + counts
  t.is(readVerifierLog(log).reason, 'infinite loop detected at insn 0')
})

const leak = 'Unreleased reference id=2 alloc_insn=4'
const leakAtExit = 'BPF_EXIT instruction in main prog would lead to reference leak'
const leakTrace = `; record = bpf_ringbuf_reserve(&ring, 8, 0); @ ring.bpf.c:140
2: (b7) r3 = 0                        ; R3=0
4: (85) call bpf_ringbuf_reserve#131  ; R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8) refs=2
; return record != 0; @ ring.bpf.c:142
5: (bf) r1 = r0
6: (95) exit
`

const places: [title: string, log: string, sourceLine: string | undefined][] = [
  ['with file and number', badReturn + range, 'refused.bpf.c:27: return 2;'],
  ['as text alone, before Linux 6.8', badAccess, 'return data[0] & 1;'],
  ['with an @ of its own', '; a = "x @ y"; @ at.c:3\n0: (95) exit\nbad', 'at.c:3: a = "x @ y";'],
  [
    'that took the reference, where it leaks',
    leakTrace + leak,
    'ring.bpf.c:140: record = bpf_ringbuf_reserve(&ring, 8, 0);',
  ],
  [
    'that took the reference, where it leaks, since Linux 6.13',
    `${leakTrace}${leak}\n${leakAtExit}\n${counts}`,
    'ring.bpf.c:140: record = bpf_ringbuf_reserve(&ring, 8, 0);',
  ],
  ['nowhere, when the taking is cut off', `; return 1; @ ring.bpf.c:142\n6: (95) exit\n${leak}`, undefined],
  ['nowhere, when there is none', `jump out of range from insn 0 to 101\n${counts}`, undefined],
  ['nowhere, when there is no reason', badReturn, undefined],
]

for (const [title, log, sourceLine] of places) {
  test(`readVerifierLog finds the line of C ${title}`, (t) => {
    t.is(readVerifierLog(log).sourceLine, sourceLine)
  })
}

test('readVerifierLog says both halves of a leak', (t) => {
  t.is(readVerifierLog(`${leakTrace}${leak}\n${leakAtExit}\n${counts}`).reason, `${leak}; ${leakAtExit}`)
})

function accessReason(which: string): string {
  return `invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0); R1 ${which}`
}
