// The checks of `npm test`, in the order in which they run. One with `asRoot` touches the kernel.

import { ava, cargoTest, commands, fuzz } from './check-kinds.mjs'
import { onKernels } from '../kernels/suite.mjs'
import { filesBelow } from './hash.mjs'
import { manifest } from './project.mjs'
import { nodeLatest } from './steps.mjs'

const sourceRules = ['__test__/unit/import-direction.test.ts', '__test__/unit/house-style.test.ts']
const inC = filesBelow('.').filter((path) => /\.[ch]$/.test(path))

/** An emulated kernel is slow: all tests on all kernels are `npm run test:kernels`. */
const whereKernelsDiffer = [
  'attach/*',
  'links/*',
  'cgroup-skb/*',
  'maps/elements',
  'maps/raw-batch-failures',
  'maps/walks',
].map((name) => `__test__/kernel/${name}.test.ts`)

/** For what a unit test of the crate needs to link, should it need anything. */
const cargoTestFlags = []

export const checks = [
  {
    name: 'formats',
    run: commands(
      ['cargo', 'fmt', '--check'],
      ['cargo', 'fmt', '--check', '--manifest-path', 'benchmark/peers/rust/Cargo.toml'],
      ['prettier', '--check', '.'],
      ['clang-format-16', '--dry-run', '-Werror', ...inC],
    ),
  },
  {
    name: 'clippy',
    run: commands(['cargo', 'clippy', '--workspace', '--all-targets', '--', '-D', 'warnings']),
  },
  {
    name: 'oxlint',
    run: commands(['oxlint', '--deny-warnings']),
  },
  {
    name: 'tsc',
    run: commands(
      ['tsc', '--noEmit', '-p', 'tsconfig.json'],
      ['tsc', '--noEmit', '-p', '__test__/tsconfig.json'],
      ['tsc', '--noEmit', '-p', 'examples/tsconfig.json'],
      ['tsc', '--noEmit', '-p', 'benchmark/tsconfig.json'],
      ['tsc', '--noEmit', '-p', 'fuzz/btf/tsconfig.json'],
      ['tsc', '--noEmit', '-p', 'fuzz/core/tsconfig.json'],
      ['tsc', '--noEmit', '-p', 'soak/tsconfig.json'],
    ),
  },
  {
    name: 'cargo',
    run: cargoTest('--workspace', ...cargoTestFlags),
  },
  {
    name: 'fuzz',
    run: fuzz(250_000),
  },
  {
    name: 'generated',
    run: commands([process.execPath, 'scripts/check-generated.mjs']),
  },
  {
    name: 'ava',
    asRoot: true,
    run: ava(process.execPath, [
      ...manifest.ava.files,
      '!__test__/package/**',
      ...sourceRules.map((path) => `!${path}`),
    ]),
  },
  {
    name: 'ava-newest-node',
    asRoot: true,
    run: ava(nodeLatest, ['__test__/kernel/**/*.test.ts']),
  },
  {
    name: 'oldest-kernel',
    asRoot: true,
    run: onKernels(['5.10'], whereKernelsDiffer),
  },
  {
    name: 'package',
    asRoot: true,
    run: ava(process.execPath, ['__test__/package/**/*.test.ts']),
  },
  {
    name: 'imports',
    run: ava(process.execPath, sourceRules),
  },
]
