// Where there is no binding: importing works all the same, the first native call says what is missing.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { install, packPackage, platform, run } from '../helpers/package.ts'

interface Report {
  names: string[]
  name: string
  code: string
  message: string
}

const report = `
let caught
try {
  Ebpf.load(new Uint8Array())
} catch (error) {
  caught = error
}
const { name, code, message } = caught
console.log(JSON.stringify({ names: Object.keys(ayajs), name, code, message }))
`

const imports = {
  'main.mjs': `import * as ayajs from 'ayajs'\nconst { Ebpf } = ayajs\n`,
  'main.cjs': `const ayajs = require('ayajs')\nconst { Ebpf } = ayajs\n`,
}

for (const [file, text] of Object.entries(imports)) {
  test(`without the package of the platform, the first native call of ${file} names it and the npm command`, (t) => {
    const { names, name, code, message } = runWithout(t, file, text, '')
    t.true(names.includes('Ebpf'))
    t.is(name, 'EbpfError')
    t.is(code, 'ERR_EBPF_UNSUPPORTED_PLATFORM')
    t.true(message.includes(`@ayajs/binding-${platform()}`), message)
    t.regex(message, /npm i(nstall)? /)
  })

  for (const [os, arch] of [
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'riscv64'],
  ] as const) {
    test(`on ${os} ${arch}, importing from ${file} succeeds and the first native call says that there is no binding`, (t) => {
      const fake = Object.entries({ platform: os, arch })
        .map(([name, value]) => `Object.defineProperty(process, '${name}', { value: '${value}' })`)
        .join('\n')
      const { names, name, code, message } = runWithout(t, file, text, fake)
      t.true(names.includes('Ebpf'))
      t.is(name, 'EbpfError')
      t.is(code, 'ERR_EBPF_UNSUPPORTED_PLATFORM')
      t.true(message.includes(os) && message.includes(arch), message)
    })
  }
}

for (const [os, arch] of [
  ['darwin', 'arm64'],
  ['win32', 'x64'],
] as const) {
  test(`on ${os} ${arch}, ayajs types and ayajs inspect work: they need no binding`, (t) => {
    const folder = install(t, packPackage(t))
    const fake = Object.entries({ platform: os, arch })
      .map(([name, value]) => `Object.defineProperty(process, '${name}', { value: '${value}' })`)
      .join('\n')
    writeFileSync(join(folder, 'preload.cjs'), fake)
    const ayajs = (...words: string[]): string =>
      run(t, folder, process.execPath, '--require', './preload.cjs', 'node_modules/ayajs/bin/ayajs.js', ...words)
    const object = 'node_modules/ayajs/bpf/egress_filter.bpf.o'
    t.is(ayajs('types', object, '-o', 'filter.ts'), '')
    t.is(ayajs('types', object, '-o', 'filter.ts', '--check'), '')
    t.regex(ayajs('inspect', object), /^ {2}egress_filter {2}cgroup_skb\/egress/m)
  })
}

/** What a program reports in a project that has the package but no binding; `preload` runs before it. */
function runWithout(t: ExecutionContext, file: string, text: string, preload: string): Report {
  const folder = install(t, packPackage(t))
  writeFileSync(join(folder, 'preload.cjs'), preload)
  writeFileSync(join(folder, file), text + report)
  return JSON.parse(run(t, folder, process.execPath, '--require', './preload.cjs', file)) as Report
}
