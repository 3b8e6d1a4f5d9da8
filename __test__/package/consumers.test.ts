// The packed package in somebody's project: from ES modules, from CommonJS, from TypeScript.
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { install, packBinding, packPackage, run, runTool } from '../helpers/package.ts'
import { root } from '../helpers/sources.ts'

/** Needs no rights: the object cannot be parsed. */
const useBinding = `
try {
  Ebpf.load(new Uint8Array(64))
} catch (error) {
  if (error.code !== 'ERR_EBPF_PARSE') throw error
}`

/** Opens the program that ships with the package, which creates its maps. */
const openShippedObject = process.getuid?.() === 0 ? 'Ebpf.loadFile(object).close()' : ''

const programs = [
  {
    title: 'an ES module',
    file: 'main.mjs',
    text: `
import * as ayajs from 'ayajs'
import { Ebpf } from 'ayajs'
import * as native from 'ayajs/native'
const object = new URL(import.meta.resolve('ayajs/bpf/egress_filter.bpf.o'))
`,
  },
  {
    title: 'a CommonJS module',
    file: 'main.cjs',
    text: `
const ayajs = require('ayajs')
const { Ebpf } = ayajs
const native = require('ayajs/native')
const object = require.resolve('ayajs/bpf/egress_filter.bpf.o')
`,
  },
]

for (const { title, file, text } of programs) {
  test(`${title} imports the installed package and uses the addon`, (t) => {
    const folder = install(t, packPackage(t), packBinding(t))
    const report = 'console.log(JSON.stringify([Object.keys(ayajs), Object.keys(native)]))'
    writeFileSync(join(folder, file), [text, useBinding, openShippedObject, report].join('\n'))
    const [names, nativeNames] = JSON.parse(run(t, folder, process.execPath, file)) as [string[], string[]]
    t.log(names.join(' '))
    t.true(names.includes('Ebpf') && names.includes('CgroupSkb') && names.includes('EbpfError'))
    t.true(nativeNames.includes('Ebpf'))
  })
}

const typescript = `
import { CgroupSkb, CgroupSkbAttachType, Ebpf, type EbpfErrorCode } from 'ayajs'
import type * as native from 'ayajs/native'

export function egress(path: string, cgroup: string): void {
  const bpf = Ebpf.loadFile(path)
  const program = CgroupSkb.tryFrom(bpf.program('egress_filter'))
  program.load()
  program.detach(program.attach(cgroup, CgroupSkbAttachType.Egress))
  // @ts-expect-error an attach type that does not exist
  program.attach(cgroup, 'Sideways')
  bpf.close()
}
export const code: EbpfErrorCode = 'ERR_EBPF_CLOSED'
export type Native = native.Ebpf
`

const resolutions = [
  { moduleResolution: 'nodenext', module: 'nodenext', file: 'main.mts' },
  { moduleResolution: 'nodenext', module: 'nodenext', file: 'main.cts' },
  { moduleResolution: 'bundler', module: 'esnext', file: 'main.ts' },
]

/** Without the types of Node, those of ours that name them are not checked: `skipLibCheck`, as `tsc --init` sets it. */
const checks = [
  { title: 'with @types/node, checking ours', types: ['node'], skipLibCheck: false },
  { title: 'without @types/node', types: [], skipLibCheck: true },
]

for (const { moduleResolution, module, file } of resolutions) {
  for (const { title, types, skipLibCheck } of checks) {
    test(`TypeScript finds the types under ${moduleResolution} in a ${file.slice(4)} file, ${title}`, (t) => {
      const folder = install(t, packPackage(t))
      if (types.length > 0) symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'))
      const options = { module, moduleResolution, types, skipLibCheck, target: 'es2022', lib: ['es2022'] }
      const compilerOptions = { ...options, strict: true, exactOptionalPropertyTypes: true, noEmit: true }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
      writeFileSync(join(folder, file), typescript)
      t.is(runTool(t, folder, 'tsc', '-p', '.'), '')
    })
  }
}
