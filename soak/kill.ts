// The soak `kill`: children are killed amid pinning, updating, replacing and attaching; what is left is looked at, and removed.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { attachedIds, bpftool, showLinks, showMap, showPrograms } from '../__test__/helpers/bpftool.ts'
import { makeCgroup } from '../__test__/helpers/cgroup.ts'
import { commandOf, startChild } from '../__test__/helpers/children.ts'
import { makePinDirectory } from '../__test__/helpers/pins.ts'
import { untilNone } from '../__test__/helpers/poll.ts'
import type { Task } from './kill-child.ts'
import { complaints, phases, type Made, type Phase, type Seen } from './kill-states.ts'
import { pace } from './pace.ts'
import type { Soak } from './soak.ts'
import { Stage } from './stage.ts'

export const kill: Soak = {
  name: 'kill',
  summary: '`kill -9` at random moments of pin, update, replace and attach',
  limit: { cycles: 1_000 },
  bounds: () => ({ descriptors: 0, objects: 0, rssBytes: 32 * 2 ** 20 }),
  warmUp: () => phases.length,
  start(stage) {
    const place = { cgroup: makeCgroup(stage).path, pins: makePinDirectory(stage) }
    const counts: Record<string, number> = { 'left attached': 0, 'left pinned': 0, 'left nothing': 0 }
    return {
      async cycle(index) {
        const phase = phases[index % phases.length] ?? 'pin'
        const { pins, attached } = await killed(phase, place)
        const what = pins.length > 0 ? 'left pinned' : attached.length > 0 ? 'left attached' : 'left nothing'
        counts[what] = (counts[what] ?? 0) + 1
      },
      counts: () => counts,
    }
  },
}

/** The longest that a child goes on before it is killed, in milliseconds. */
const longest = 10

/**
 * Has a child do this, kills it, and gives what was left, which is removed then.
 *
 * @throws {Error} When that is not what docs/lifetime.md says.
 */
export async function killed(phase: Phase, place: { cgroup: string; pins: string }): Promise<Seen> {
  await pace()
  const task: Task = { phase, ...place }
  const command = commandOf('../../soak/kill-child.ts', JSON.stringify(task))
  const stage = new Stage()
  const child = startChild(stage, command)
  try {
    const made = await child.next<Made>()
    await sleep(Math.random() * longest)
    child.kill('SIGKILL')
    const { signal, stderr } = await child.ended
    if (signal !== 'SIGKILL') throw new Error(`the child ended by itself: ${stderr}`)
    return await leftOf(phase, made, place)
  } finally {
    await stage.end()
  }
}

async function leftOf(phase: Phase, made: Made, { cgroup, pins }: { cgroup: string; pins: string }): Promise<Seen> {
  let seen = look(made, cgroup, pins)
  const wrong = await untilNone(() => complaints(phase, made, (seen = look(made, cgroup, pins))))
  for (const name of seen.pins) rmSync(join(pins, name))
  for (const id of attachedIds(cgroup)) if (!seen.links.includes(id)) detach(cgroup, id)
  if (wrong.length > 0) throw new Error(`after kill -9 amid ${phase}: ${wrong.join('; ')}`)
  const left = await untilNone(() => {
    const { attached, links, programs, map } = look(made, cgroup, pins)
    return [...attached, ...links, ...programs, ...(map ? [made.map] : [])]
  })
  if (left.length > 0) throw new Error(`${left.join(' ')} stayed when what was left by ${phase} had been removed`)
  return seen
}

function look({ programs, map }: Made, cgroup: string, pins: string): Seen {
  return {
    pins: readdirSync(pins).sort(),
    attached: attachedIds(cgroup),
    links: showLinks().flatMap(({ prog_id }) => (programs.includes(prog_id) ? [prog_id] : [])),
    programs: showPrograms().flatMap(({ id }) => (programs.includes(id) ? [id] : [])),
    map: showMap(map) !== null,
  }
}

/** Somebody else must do it who has no descriptor of the program: bpftool. */
function detach(cgroup: string, id: number): void {
  bpftool('cgroup', 'detach', cgroup, 'egress', 'id', `${id}`)
}
