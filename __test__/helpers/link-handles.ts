// Every handle of something attached, and every way to close one: the rows and columns of the contract of links.
import type { ExecutionContext } from 'ava'
import { PinnedLink, type CgroupSkb, type CgroupSkbLink, type FdLink } from 'ayajs'
import { attach, closedAtEnd, counting, optionsFor, untilEnd, type Way } from './attachments.ts'
import { makeCgroup } from './cgroup.ts'
import { makePinDirectory } from './pins.ts'

export type Handle = CgroupSkbLink | FdLink | PinnedLink

/** What there is for one handle. */
export interface Held<H extends Handle = Handle> {
  readonly handle: H
  readonly cgroup: string
  /** A loaded program that is not attached. */
  readonly other: CgroupSkb
  /** A directory for pins. */
  readonly pins: string
}

/** A way to close a handle. */
export interface Closing<H> {
  readonly name: string
  readonly close: (held: Held & { readonly handle: H }, t: ExecutionContext) => void
  /** Whether the program is attached still, afterwards. */
  readonly stays: boolean
  /** Whether another handle has the descriptor then. */
  readonly moves?: true
}

export interface HandleRow<H extends Handle = Handle> {
  readonly name: string
  readonly make: (t: ExecutionContext) => Held<H>
  readonly closings: readonly Closing<H>[]
  /** Every method, called in the simplest way that would succeed on an open handle. */
  readonly methods: Readonly<Record<string, (held: Held<H>) => unknown>>
  /** Those of them that do nothing on a closed handle, instead of throwing. */
  readonly idempotent: readonly string[]
}

const detached = <H extends { detach(): void } & Disposable>(): Closing<H>[] => [
  { name: 'detach()', close: ({ handle }) => handle.detach(), stays: false },
  { name: 'using', close: ({ handle }) => handle[Symbol.dispose](), stays: false },
]

const ofEvery = {
  'info()': ({ handle }: Held) => handle.info(),
  'update()': ({ handle, other }: Held) => handle.update(other),
  '[Symbol.dispose]()': ({ handle }: Held) => handle[Symbol.dispose](),
}

const byLink: HandleRow<CgroupSkbLink> = {
  name: 'CgroupSkbLink of a link',
  make: (t) => hold(t, (program, cgroup) => attach(t, program, cgroup)),
  closings: [
    ...detached<CgroupSkbLink>(),
    { name: 'toFdLink()', close: ({ handle }, t) => void untilEnd(t, handle.toFdLink()), stays: true, moves: true },
  ],
  methods: {
    ...ofEvery,
    'fd()': ({ handle }) => handle.fd(),
    'detach()': ({ handle }) => handle.detach(),
    'toFdLink()': ({ handle }) => handle.toFdLink(),
  },
  idempotent: ['[Symbol.dispose]()'],
}

function byMode(way: Exclude<Way, 'link'>): HandleRow<CgroupSkbLink> {
  const { 'fd()': _fd, 'toFdLink()': _toFdLink, ...methods } = byLink.methods
  return {
    name: `CgroupSkbLink of ${way}`,
    make: (t) => hold(t, (program, cgroup) => attach(t, program, cgroup, optionsFor(way))),
    closings: detached<CgroupSkbLink>(),
    methods: methods as HandleRow<CgroupSkbLink>['methods'],
    idempotent: byLink.idempotent,
  }
}

const fdLink: HandleRow<FdLink> = {
  name: 'FdLink',
  make: (t) => hold(t, (program, cgroup) => untilEnd(t, attach(t, program, cgroup).toFdLink())),
  closings: [
    ...detached<FdLink>(),
    {
      name: 'pin()',
      close: ({ handle, pins }, t) => void closedAtEnd(t, handle.pin(`${pins}/moved`)),
      stays: true,
      moves: true,
    },
  ],
  methods: {
    ...ofEvery,
    'fd()': ({ handle }) => handle.fd(),
    'detach()': ({ handle }) => handle.detach(),
    'pin()': ({ handle, pins }) => handle.pin(`${pins}/again`),
  },
  idempotent: ['[Symbol.dispose]()'],
}

function pinned(name: string, reopen: boolean): HandleRow<PinnedLink> {
  return {
    name,
    make: (t) =>
      hold(t, (program, cgroup, pins) => {
        const made = attach(t, program, cgroup).toFdLink().pin(`${pins}/link`)
        if (!reopen) return closedAtEnd(t, made)
        made.close()
        return closedAtEnd(t, PinnedLink.fromPin(`${pins}/link`))
      }),
    closings: [
      { name: 'close()', close: ({ handle }) => handle.close(), stays: true },
      { name: 'using', close: ({ handle }) => handle[Symbol.dispose](), stays: true },
      { name: 'unpin()', close: ({ handle }, t) => void untilEnd(t, handle.unpin()), stays: true, moves: true },
    ],
    methods: {
      ...ofEvery,
      'fd()': ({ handle }) => handle.fd(),
      'unpin()': ({ handle }) => handle.unpin(),
      'close()': ({ handle }) => handle.close(),
    },
    idempotent: ['[Symbol.dispose]()', 'close()'],
  }
}

/** One row for each kind of handle. */
export const handleRows = [
  byLink,
  byMode('Single'),
  byMode('AllowOverride'),
  byMode('AllowMultiple'),
  fdLink,
  pinned('PinnedLink of pin()', false),
  pinned('PinnedLink of PinnedLink.fromPin()', true),
] as readonly HandleRow[]

function hold<H extends Handle>(
  t: ExecutionContext,
  make: (program: CgroupSkb, cgroup: string, pins: string) => H,
): Held<H> {
  const { path: cgroup } = makeCgroup(t)
  const pins = makePinDirectory(t)
  const [program, other] = counting(t, 2) as [CgroupSkb, CgroupSkb]
  return { handle: make(program, cgroup, pins), cgroup, other, pins }
}
