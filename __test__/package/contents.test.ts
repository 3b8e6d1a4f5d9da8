// What is published: exactly the files that users need, types that resolve, an addon of a bounded size.
import test from 'ava'
import { bindingPath, packBinding, packPackage, platform, run, runTool } from '../helpers/package.ts'
import { filesBelow, read, root } from '../helpers/sources.ts'

const expected = [
  /^bin\/ayajs\.js$/,
  /^dist\/(?:[\w-]+\/)*[\w.-]+\.js$/,
  /^dist\/(?:[\w-]+\/)*[\w.-]+\.d\.ts$/,
  /^index\.js$/,
  /^index\.d\.ts$/,
  /^bpf\/[\w-]+\.bpf\.o$/,
  /^bpf\/include\/ayajs\/[\w-]+\.bpf\.h$/,
  /^LICENSE-(?:MIT|APACHE)$/,
  /^README\.md$/,
  /^package\.json$/,
]

test('the package holds the files that users need and no other', (t) => {
  const { files } = packPackage(t)
  const paths = files.map(({ path }) => path)
  t.log(`${paths.length} files, ${files.reduce((sum, { size }) => sum + size, 0)} bytes`)
  t.log(paths.filter((path) => !path.startsWith('dist/')).join(' '))
  t.deepEqual(
    paths.filter((path) => !expected.some((pattern) => pattern.test(path))),
    [],
  )
  t.deepEqual(
    expected.filter((pattern) => !paths.some((path) => pattern.test(path))),
    [],
  )
})

test('the package of a platform holds the addon', (t) => {
  const paths = packBinding(t).files.map(({ path }) => path)
  t.deepEqual(paths.sort(), ['README.md', `ayajs.${platform()}.node`, 'package.json'])
})

test('nothing runs at installation, and nothing is installed but the package of the platform', (t) => {
  const manifests = ['package.json', ...filesBelow('npm', 'package.json')]
  t.is(manifests.length, 5)
  for (const path of manifests) {
    const { scripts = {}, dependencies = {} } = JSON.parse(read(path)) as Record<string, object | undefined>
    const atInstall = Object.keys(scripts).filter((name) => /^(?:pre|post)?install$|^(?:pre|post)?prepare$/.test(name))
    t.deepEqual([atInstall, Object.keys(dependencies)], [[], []], path)
  }
})

test('the addon passes the gate of the release: stripped and small', (t) => {
  t.log(run(t, root, process.execPath, 'scripts/check-addon.mjs', bindingPath()).trim())
})

test('publint finds nothing to complain about in the tarball', (t) => {
  const { path } = packPackage(t)
  t.regex(runTool(t, root, 'publint', 'run', path, '--strict'), /All good!/)
})

// node10 is left out: it knows no `exports`, so it finds `ayajs`, by `main` and `types`, but not `ayajs/native`.
test('attw finds that types and code agree under node16 and bundler resolution', (t) => {
  const { path } = packPackage(t)
  const output = runTool(t, root, 'attw', path, '--profile', 'node16', '--format', 'json')
  const { problems } = (JSON.parse(output) as { analysis: { problems: { resolutionKind: string }[] } }).analysis
  t.deepEqual(
    problems.filter(({ resolutionKind }) => resolutionKind !== 'node10'),
    [],
  )
})
