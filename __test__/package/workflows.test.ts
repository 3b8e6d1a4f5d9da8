// What the workflows must keep: all targets built, no rights and no secrets beyond need, nothing published by accident.
import test from 'ava'
import { load } from 'js-yaml'
import { filesBelow, read } from '../helpers/sources.ts'

interface Step {
  name?: string
  uses?: string
  run?: string
  if?: string
}

interface Job {
  uses?: string
  steps?: Step[]
  permissions?: Record<string, string>
  environment?: string
  strategy?: { matrix: { target?: string[] } }
}

interface Workflow {
  on: Record<string, unknown>
  permissions?: Record<string, string>
  jobs: Record<string, Job>
}

const manifest = JSON.parse(read('package.json')) as { napi: { targets: string[] }; scripts: Record<string, string> }
const paths = filesBelow('.github/workflows', '.yml')
const workflows = paths.map((path) => ({ path, text: read(path), ...(load(read(path)) as Workflow) }))
const ci = workflow('ci')
const release = workflow('release')

test('CI builds the targets of package.json, as the script for targets does', (t) => {
  const { strategy, steps = [] } = ci.jobs['build'] ?? {}
  t.deepEqual(strategy?.matrix.target?.toSorted(), manifest.napi.targets.toSorted())
  t.true(steps.some(({ run }) => run === 'npm run build:target -- "$TARGET"'))
})

test('CI checks every addon that it built and loads it in a container of its C library', (t) => {
  t.regex(read('scripts/build-target.mjs'), /build\(\) \|\| check\(\)/)
  t.regex(read('scripts/build-target.mjs'), /scripts\/check-addon\.mjs'\), addon\(\), target\]/)
  const steps = Object.values(ci.jobs ?? {}).flatMap((job) => job.steps ?? [])
  t.true(steps.some(({ run }) => run?.includes('docker run') && run.includes("require('/ayajs/index.js')")))
})

for (const { path, text, permissions, jobs } of workflows) {
  test(`${path} grants no permission by default, and a job only those that it needs`, (t) => {
    t.deepEqual(permissions, {})
    for (const [name, job] of Object.entries(jobs)) {
      const isPublisher = path.endsWith('/release.yml') && name === 'publish'
      t.deepEqual(job.permissions, isPublisher ? { contents: 'read', 'id-token': 'write' } : { contents: 'read' }, name)
    }
  })

  test(`${path} uses no secret`, (t) => {
    t.notRegex(text, /secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN|_authToken/)
  })

  test(`${path} puts no value of an event into the text of a script`, (t) => {
    const scripts = Object.values(jobs).flatMap((job) => (job.steps ?? []).map(({ run }) => run ?? ''))
    t.deepEqual(
      scripts.filter((script) => script.includes('${{')),
      [],
    )
  })
}

test('a release by hand is a dry run unless told otherwise', (t) => {
  const { inputs } = release.on['workflow_dispatch'] as { inputs: Record<string, { type: string; default: boolean }> }
  t.like(inputs, { 'dry-run': { type: 'boolean', default: true } })
})

test('a dry run publishes nothing', (t) => {
  const publishers = (release.jobs['publish']?.steps ?? []).filter(({ run }) => /publish/.test(run ?? ''))
  t.is(publishers.length, 2)
  for (const { run = '', if: condition } of publishers) {
    const commands = run.split('\n').filter((line) => line.includes('publish'))
    const isDry = commands.every((line) => line.includes('--dry-run'))
    t.is(condition, isDry ? '${{ inputs.dry-run }}' : '${{ !inputs.dry-run }}', run)
    for (const line of commands) t.regex(line, /pre-publish .*--no-gh-release|npm publish .*--ignore-scripts/)
  }
})

test('nothing publishes outside of the release workflow', (t) => {
  t.deepEqual(
    Object.entries(manifest.scripts).filter(([name, script]) => /publish/.test(name + script)),
    [],
  )
  const others = workflows.filter(({ path, text }) => !path.endsWith('/release.yml') && /publish/.test(text))
  t.deepEqual(others, [])
})

test('a release needs the tests, the builds and the environment `release`', (t) => {
  t.is(release.jobs['check']?.uses, './.github/workflows/ci.yml')
  t.like(release.jobs['publish'], { needs: 'check', environment: 'release' })
})

function workflow(name: string): Workflow {
  const found = workflows.find(({ path }) => path.endsWith(`/${name}.yml`))
  if (!found) throw new Error(`there is no workflow ${name}`)
  return found
}
