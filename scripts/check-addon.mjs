// Gate for a built addon: size and symbols, and for a target of the release also machine, C library and its oldest version.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const usage = 'usage: node scripts/check-addon.mjs <file.node> [<target triple>]'

// The aim is 1 MiB; with maps, events, repairs of objects and CO-RE it is 2¼. A good part is the symbolizer that every Rust library with panics carries.
const maximumBytes = 2.25 * 1024 * 1024
const newestGlibc = [2, 17]
const machines = { x86_64: 'X86-64', aarch64: 'AArch64' }

const [file, target] = process.argv.slice(2)
if (file === undefined) {
  console.error(usage)
  process.exitCode = 2
} else {
  const complaints = [...checkFile(), ...(target === undefined ? [] : checkTarget())]
  for (const complaint of complaints) console.error(`${file}: ${complaint}`)
  if (complaints.length > 0) process.exitCode = 1
}

function* checkFile() {
  const addon = readFileSync(file)
  console.log(`${file}: ${addon.length} bytes`)
  if (addon.length > maximumBytes) yield `${addon.length} bytes, more than ${maximumBytes}`
  if (addon.includes('\0.symtab\0')) yield 'not stripped'
}

function* checkTarget() {
  const [arch, , , libc] = target.split('-')
  const machine = /^ +Machine: +(.*)$/m.exec(readelf('--file-header'))?.[1] ?? 'no machine'
  if (!machine.includes(machines[arch])) yield `made for ${machine}, not for ${arch}`

  const needed = [...readelf('--dynamic').matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name)
  console.log(`${file}: needs ${needed.join(', ')}`)
  const isGlibc = needed.includes('libc.so.6')
  if (isGlibc !== (libc === 'gnu')) yield `needs ${needed.join(', ')}, which is not ${libc}`

  const versions = [...readelf('--dyn-syms').matchAll(/GLIBC_(\d+)\.(\d+)/g)].map((found) => found.slice(1).map(Number))
  const newest = versions.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]).at(-1)
  if (newest) console.log(`${file}: GLIBC_${newest.join('.')}`)
  if (newest && (newest[0] > newestGlibc[0] || newest[1] > newestGlibc[1]))
    yield `needs glibc ${newest.join('.')}, newer than ${newestGlibc.join('.')}`
}

function readelf(option) {
  const { error, status, stdout, stderr } = spawnSync('readelf', ['--wide', option, file], { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`readelf ${option} ${file}: ${stderr}`)
  return stdout
}
