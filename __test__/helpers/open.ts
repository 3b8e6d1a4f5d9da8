// Every way to open an object: with options or with the builder, from bytes or from a file, at once or on another thread.
import { readFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { Ebpf, EbpfLoader, type LoadOptions } from 'ayajs'
import { fixturePath } from './fixtures.ts'

export interface Door {
  readonly name: string
  /** Opens a fixture with these options until the test ends. */
  open(t: ExecutionContext, fixture: string, options?: LoadOptions): Promise<Ebpf>
}

type Open = (path: string, options: LoadOptions) => Ebpf | Promise<Ebpf>

const ways: Readonly<Record<string, Open>> = {
  'Ebpf.load': (path, options) => Ebpf.load(readFileSync(path), options),
  'Ebpf.loadFile': (path, options) => Ebpf.loadFile(path, options),
  'Ebpf.loadAsync': (path, options) => Ebpf.loadAsync(readFileSync(path), options),
  'Ebpf.loadFileAsync': (path, options) => Ebpf.loadFileAsync(path, options),
  'EbpfLoader.load': (path, options) => loaderWith(options).load(readFileSync(path)),
  'EbpfLoader.loadFile': (path, options) => loaderWith(options).loadFile(path),
  'EbpfLoader.loadAsync': (path, options) => loaderWith(options).loadAsync(readFileSync(path)),
  'EbpfLoader.loadFileAsync': (path, options) => loaderWith(options).loadFileAsync(path),
}

export const doors: readonly Door[] = Object.entries(ways).map(([name, way]) => ({
  name,
  async open(t, fixture, options = {}) {
    const bpf = await way(fixturePath(fixture), options)
    t.teardown(() => bpf.close())
    return bpf
  },
}))

/** Whether names that the object does not have are refused: the builder ignores them, as aya does. */
export function isStrict({ name }: Door): boolean {
  return name.startsWith('Ebpf.')
}

/** A builder with the same options. */
function loaderWith(options: LoadOptions): EbpfLoader {
  const { globals = {}, mapMaxEntries = {}, mapPinPath = {}, maps = {}, extensions = [] } = options
  const loader = new EbpfLoader()
  if (options.btf !== undefined) loader.btf(options.btf)
  if (options.allowUnsupportedMaps) loader.allowUnsupportedMaps()
  if (options.defaultMapPinDirectory !== undefined) loader.defaultMapPinDirectory(options.defaultMapPinDirectory)
  if (options.verifierLogLevel !== undefined) loader.verifierLogLevel(options.verifierLogLevel)
  for (const [name, value] of Object.entries(globals)) loader.overrideGlobal(name, value, true)
  for (const [name, count] of Object.entries(mapMaxEntries)) loader.mapMaxEntries(name, count)
  for (const [name, path] of Object.entries(mapPinPath)) loader.mapPinPath(name, path)
  for (const [name, map] of Object.entries(maps)) loader.useMap(name, map)
  for (const name of extensions) loader.extension(name)
  return loader
}
