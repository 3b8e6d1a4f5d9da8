// What may be left of a process that was killed while it pinned, updated, replaced or attached: docs/lifetime.md as a state machine.

/** What the process did over and over when it was killed. */
export const phases = ['pin', 'update', 'replace', 'attach'] as const
export type Phase = (typeof phases)[number]

/** What the process had made before it began: its two programs, and the map of the first one. */
export interface Made {
  readonly programs: readonly [first: number, second: number]
  readonly map: number
}

/** What of it the kernel has afterwards. */
export interface Seen {
  /** The names of the pins, sorted. */
  readonly pins: readonly string[]
  /** The programs that are attached to the cgroup, by whatever means. */
  readonly attached: readonly number[]
  /** The programs of the links. */
  readonly links: readonly number[]
  readonly programs: readonly number[]
  readonly map: boolean
}

/** In what order the phase `pin` pins; it unpins in the opposite order. Only what is pinned lives on. */
export const pinOrder = ['link', 'program', 'map'] as const

/** What is not as it must be; nothing when all is. */
export function complaints(phase: Phase, made: Made, seen: Seen): readonly string[] {
  return [...rules[phase](made, seen), ...held(made, seen)]
}

const rules: Readonly<Record<Phase, (made: Made, seen: Seen) => string[]>> = {
  pin({ programs: [first] }, { pins, attached, links }) {
    const pinned = pinOrder.filter((_, index) => index < pins.length)
    const live = pins.includes('link') ? [first] : []
    return [
      ...unless(same(pins, [...pinned].sort()), `pinned is ${list(pins)}, which is no beginning of ${list(pinOrder)}`),
      ...unless(same(attached, live), `attached is ${list(attached)}, and by the pins it must be ${list(live)}`),
      ...unless(same(links, live), `there are links of ${list(links)}, and by the pins it must be ${list(live)}`),
    ]
  },
  update: (made, { pins, attached, links }) => [
    ...unless(same(pins, ['link']), `pinned is ${list(pins)}, and not the link alone`),
    ...unless(same(attached, links), `attached is ${list(attached)}, and the links are of ${list(links)}`),
    ...oneOf(made, attached),
  ],
  replace: (made, { pins, attached, links }) => [...noneOf({ pins, links }), ...oneOf(made, attached)],
  attach: ({ programs: [first] }, { pins, attached, links }) => [
    ...noneOf({ pins, links }),
    ...unless(
      same(attached, []) || same(attached, [first]),
      `attached is ${list(attached)}, and not ${first} or nothing`,
    ),
  ],
}

/** Programs live as long as they are attached or pinned, maps as long as a program that uses them or their pin. */
function held({ programs: [first], map }: Made, { pins, attached, programs, map: mapIsThere }: Seen): string[] {
  const live = [...new Set([...attached, ...(pins.includes('program') ? [first] : [])])].sort()
  const mapLives = live.includes(first) || pins.includes('map')
  return [
    ...unless(
      same([...programs].sort(), live),
      `the programs ${list(programs)} are there, and only ${list(live)} are held`,
    ),
    ...unless(mapIsThere === mapLives, `the map ${map} is ${mapIsThere ? 'there' : 'gone'}, and it is not to be`),
  ]
}

function oneOf({ programs }: Made, attached: readonly number[]): string[] {
  const [one] = attached
  const right = attached.length === 1 && one !== undefined && programs.includes(one)
  return unless(right, `attached is ${list(attached)}, and not exactly one of ${list(programs)}`)
}

function noneOf(lists: Readonly<Record<string, readonly unknown[]>>): string[] {
  return Object.entries(lists).flatMap(([name, all]) => unless(all.length === 0, `there are ${name}: ${list(all)}`))
}

function unless(holds: boolean, complaint: string): string[] {
  return holds ? [] : [complaint]
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index])
}

function list(all: readonly unknown[]): string {
  return all.length === 0 ? 'nothing' : all.join(' ')
}
