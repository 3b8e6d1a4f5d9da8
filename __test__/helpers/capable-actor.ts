// A child that does, one by one, what needs other capabilities, and tells what came of each.
import { CgroupSkb, enableStats, loadedLinks, loadedMaps, loadedPrograms, queryCgroup } from 'ayajs'
import { tellOutcomes } from './outcomes.ts'

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

tellOutcomes(attempts)
