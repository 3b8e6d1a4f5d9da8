// A child that does, one by one, what needs other capabilities, and tells what came of each.
import { CgroupSkb, enableStats, loadedLinks, loadedMaps, loadedPrograms, queryCgroup, type EbpfError } from 'ayajs'

const [cgroup = '', programId = ''] = process.argv.slice(2)

const attempts: Record<string, () => unknown> = {
  queryCgroup: () => queryCgroup(cgroup, 'Egress'),
  'queryCgroup with links': () => queryCgroup(cgroup, 'Egress', { links: true }),
  loadedPrograms,
  loadedMaps,
  loadedLinks,
  'CgroupSkb.fromProgramInfo': () => CgroupSkb.fromProgramInfo({ id: Number(programId) }, 'any').unload(),
  enableStats: () => enableStats().close(),
}

/** The capabilities that are missing, by what was tried; `null` when it could be done. */
export type Outcome = Record<string, readonly string[] | string | null>

const outcome: Outcome = {}
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    attempt()
    outcome[name] = null
  } catch (error) {
    const { code, missingCapabilities } = error as EbpfError
    outcome[name] = code === 'ERR_EBPF_PERMISSION' ? (missingCapabilities ?? []) : String(error)
  }
}
process.send?.(outcome, () => process.disconnect())
