// What `ayajs types` writes in somebody's project: it type-checks under the oldest and the newest TypeScript, strictly, and runs.
import { copyFileSync, existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { fixturePath } from '../helpers/fixtures.ts'
import { hostileObject } from '../helpers/hostile-names.ts'
import { install, packPackage, run } from '../helpers/package.ts'
import { root } from '../helpers/sources.ts'

const fixtures = ['map_types', 'typed_maps', 'types', 'types_be', 'kinds', 'pinned']
const objects = [...fixtures, 'hostile']

const compilers = [
  { title: 'TypeScript 5.4', tsc: join(root, '.cache/typescript-oldest/node_modules/typescript/bin/tsc'), flags: [] },
  {
    title: 'the newest TypeScript',
    tsc: join(root, 'node_modules/typescript/bin/tsc'),
    // Options that the oldest does not know.
    flags: ['--erasableSyntaxOnly', '--isolatedDeclarations', '--declaration'],
  },
]

/** The strictest that a project may ask for. */
const strict = [
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--noPropertyAccessFromIndexSignature',
  '--noUnusedLocals',
  '--isolatedModules',
  '--verbatimModuleSyntax',
]

const program = `
import { Ebpf } from 'ayajs'
import { TypedMaps, Verdict } from './typed_maps.bpf.ts'
import { TypedMaps as FromModule } from './typed_maps.mjs'

export function dropAll(path: string): void {
  const bpf = Ebpf.loadFile(path, { as: TypedMaps })
  const flows = bpf.map('flows')
  const key = { saddr: 1, daddr: 2, sport: 3, dport: 443, protocol: 6, _pad: new Uint8Array(3) }
  const flow = flows.get(key)
  if (flow !== undefined) flows.set(key, { ...flow, verdict: Verdict.VERDICT_DROP })
  // @ts-expect-error no such field
  flows.get({ ...key, port: 1 })
  // @ts-expect-error no such map
  bpf.map('flow')
  Ebpf.loadFile(path, { as: FromModule }).program('count').load()
}
`

for (const { title, tsc, flags } of compilers) {
  test(`generated files type-check under ${title}`, (t) => {
    t.true(existsSync(tsc), 'not installed: npm test installs it')
    const folder = projectWithTypes(t)
    writeFileSync(join(folder, 'main.mts'), program)
    const files = objects.flatMap((name) => [`${name}.bpf.ts`, `${name}.d.mts`, `${name}.d.cts`])
    const options = [
      ...strict,
      ...flags,
      '--outDir',
      'out',
      '--rootDir',
      '.',
      '--emitDeclarationOnly',
      '--target',
      'es2022',
    ]
    const modules = ['--module', 'esnext', '--moduleResolution', 'bundler', '--allowImportingTsExtensions']
    const libraries = ['--lib', 'es2022,esnext.disposable', '--types', 'node', '--skipLibCheck', 'false']
    const declaration = flags.includes('--declaration') ? [] : ['--declaration']
    const all = [...options, ...declaration, ...modules, ...libraries, 'main.mts', ...files]
    t.is(run(t, folder, process.execPath, tsc, ...all), '')
  })
}

test('generated JavaScript runs, as an ES module and as CommonJS, with frozen enums', (t) => {
  const folder = projectWithTypes(t)
  const check = `
if (TypedMaps.fingerprint.length !== 32) throw new Error('no fingerprint')
if (!Object.isFrozen(Verdict) || Verdict.VERDICT_DROP !== 1) throw new Error('no enum')
console.log(Object.keys(all).sort().join())`
  writeFileSync(
    join(folder, 'main.mjs'),
    `import * as all from './typed_maps.mjs'\nconst { TypedMaps, Verdict } = all${check}`,
  )
  writeFileSync(
    join(folder, 'main.cjs'),
    `const all = require('./typed_maps.cjs')\nconst { TypedMaps, Verdict } = all${check}`,
  )
  for (const file of ['main.mjs', 'main.cjs']) {
    t.is(run(t, folder, process.execPath, file), 'Feature,ShapesState,TypedMaps,Verdict\n')
  }
})

/** A project that has the package installed, and has asked its command for types in every form. */
function projectWithTypes(t: ExecutionContext): string {
  const folder = install(t, packPackage(t))
  symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'))
  symlinkSync(join(root, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'))
  for (const name of fixtures) copyFileSync(fixturePath(name), join(folder, `${name}.bpf.o`))
  writeFileSync(join(folder, 'hostile.bpf.o'), hostileObject())
  for (const name of objects) {
    for (const output of [`${name}.bpf.ts`, `${name}.mjs`, `${name}.cjs`]) {
      t.is(run(t, folder, 'node_modules/.bin/ayajs', 'types', `${name}.bpf.o`, '-o', output), '')
    }
  }
  return folder
}
