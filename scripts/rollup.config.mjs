// Puts what tsc has compiled into a few files: to open each of a hundred modules takes longer than to compile them.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cachePath, root } from './lib/project.mjs'

const compiled = cachePath('modules')

/** What is loaded together, each by the module that draws in the rest. A module belongs to the first that needs it. */
const parts = {
  package: 'index',
  'btf-engine': 'btf/engine',
  'type-writer': 'btf/writer/engine',
  'command-line': 'cli/main',
}

const names = readdirSync(compiled, { recursive: true })
  .filter((name) => name.endsWith('.js'))
  .map((name) => name.slice(0, -'.js'.length))
const path = (name) => join(compiled, `${name}.js`)

export default {
  // Each module keeps a file of its name, which says where in the parts its exports are: tests look inside by them.
  input: Object.fromEntries(names.map((name) => [name, path(name)])),
  external: (id) => id.startsWith('node:') || id.startsWith('#'),
  output: {
    dir: join(root, 'dist'),
    format: 'cjs',
    esModule: true,
    generatedCode: { preset: 'es2015', symbols: false },
    externalLiveBindings: false,
    hoistTransitiveImports: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name].js',
    manualChunks: (id, { getModuleInfo }) => partsByModule(getModuleInfo).get(id),
  },
  treeshake: false, // Modules export what others use, and nothing else; tests want the rest.
  onwarn(warning) {
    throw new Error(warning.message)
  },
}

let found

function partsByModule(getModuleInfo) {
  if (found) return found
  found = new Map()
  const take = (id, part) => {
    if (found.has(id) || !id.startsWith(compiled)) return
    found.set(id, part)
    for (const imported of getModuleInfo(id).importedIds) take(imported, part)
  }
  for (const [part, entry] of Object.entries(parts)) take(path(entry), part)
  return found
}
