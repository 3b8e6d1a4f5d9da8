// Results as a run would give them, for the tests of what is made from them.
import type { Results } from '../../../benchmark/results.ts'

/** Two rows, four contenders: one is not there, one has not got the second row, ours misses one target of three. */
export const results: Results = {
  format: 1,
  started: '2026-01-02T03:04:05.678Z',
  quick: false,
  machine: {
    kernel: '6.1.0',
    cpu: 'Some CPU <1 GHz & more',
    cpus: 2,
    architecture: 'x64',
    node: '20.0.0',
    ayajs: '0.1.0',
    commit: '0123456789ab',
    load: 0.25,
  },
  contenders: [
    { name: 'c', title: 'C, libbpf', version: '1.1', ours: false },
    { name: 'rust', title: 'Rust, aya', version: '0.14.0', ours: false },
    { name: 'go', title: 'Go, cilium/ebpf', version: '', ours: false, missing: 'not built' },
    { name: 'ours-raw', title: 'Node, ayajs, bytes', version: '', ours: true },
    { name: 'ours-typed', title: 'Node, ayajs, typed', version: '', ours: true },
  ],
  rows: [
    {
      name: 'lookup',
      series: [
        { contender: 'c', samples: [100, 110, 90] },
        { contender: 'rust', samples: [100, 121, 99] },
        { contender: 'ours-raw', samples: [120, 132, 108] },
        { contender: 'ours-typed', samples: [130, 143, 117] },
      ],
    },
    {
      name: 'batch-lookup',
      series: [
        { contender: 'c', samples: [8, 8, 8] },
        { contender: 'rust', samples: [], missing: 'has no batches' },
        { contender: 'ours-raw', samples: [9, 9.5, 9.6] },
        { contender: 'ours-typed', samples: [1203, 1203, 1203] },
      ],
    },
  ],
}
