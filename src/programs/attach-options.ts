// How a program is attached: by a link, or in one of the modes of BPF_PROG_ATTACH. Each has anchors of its own.

import {
  checkBigInt,
  checkBoolean,
  checkInteger,
  checkObject,
  checkOneOf,
  checkOptions,
  invalidArgType,
  invalidArgValue,
  notInstance,
} from '../arguments.ts'
import { CgroupSkbLink } from '../links/cgroup-skb-link.ts'
import { FdLink, PinnedLink } from '../links/fd-link.ts'
import type { Binding } from '../native.ts'
import { Program } from './program.ts'

/** How programs share a cgroup when they are attached by `BPF_PROG_ATTACH`: aya's `CgroupAttachMode`. */
export const CgroupAttachMode = Object.freeze({
  /** The only program of the cgroup and of all below it. Attaching another one replaces it. */
  Single: 'Single',
  /** The only program of the cgroup; a descendant may have its own instead. Attaching another one replaces it. */
  AllowOverride: 'AllowOverride',
  /** One of any number: all that are attached to the cgroup and above it run. */
  AllowMultiple: 'AllowMultiple',
} as const)

/** How programs share a cgroup when they are attached by `BPF_PROG_ATTACH`: aya's `CgroupAttachMode`. */
export type CgroupAttachMode = (typeof CgroupAttachMode)[keyof typeof CgroupAttachMode]

/** A link that others are placed relative to. */
export type LinkAnchor = CgroupSkbLink | FdLink | PinnedLink | { readonly linkId: number }

/** A program that others are placed relative to. */
export type ProgramAnchor = Program | { readonly programId: number }

/** Where among the attachments of the same cgroup and direction. Default: after those that are there. */
export type AttachOrder<Anchor> = 'first' | 'last' | { readonly before: Anchor } | { readonly after: Anchor }

/** Attaching by a link. */
export interface LinkAttachOptions {
  /** Where among the others; an anchor is a link. Fails with `ERR_EBPF_UNSUPPORTED` where the kernel has no order. */
  readonly order?: AttachOrder<LinkAnchor> | undefined
  /** Runs before programs of descendants, instead of after them. Default: `false`. */
  readonly preorder?: boolean | undefined
  /** Attaches only if the attachments have this revision, see `queryCgroup`; else `ERR_EBPF_CONFLICT`. */
  readonly expectedRevision?: bigint | undefined
  readonly mode?: undefined
}

/** Attaching by `BPF_PROG_ATTACH` beside others. */
export interface MultipleAttachOptions {
  readonly mode: 'AllowMultiple'
  /** Where among the others; an anchor is a program. Fails with `ERR_EBPF_UNSUPPORTED` where the kernel has no order. */
  readonly order?: AttachOrder<ProgramAnchor> | undefined
  /** Runs before programs of descendants, instead of after them. Default: `false`. */
  readonly preorder?: boolean | undefined
  /** Attaches only if the attachments have this revision, see `queryCgroup`; else `ERR_EBPF_CONFLICT`. */
  readonly expectedRevision?: bigint | undefined
  readonly replace?: undefined
}

/** Attaching by `BPF_PROG_ATTACH` in the place of another. */
export interface ReplaceAttachOptions {
  readonly mode: 'AllowMultiple'
  /** The program to take the place of, in one step; it must be attached in the same mode. */
  readonly replace?: Program | undefined
  /** Runs before programs of descendants, whatever the replaced one does. Default: `false`. */
  readonly preorder?: boolean | undefined
  /** Attaches only if the attachments have this revision, see `queryCgroup`; else `ERR_EBPF_CONFLICT`. */
  readonly expectedRevision?: bigint | undefined
  readonly order?: undefined
}

/** Attaching by `BPF_PROG_ATTACH` as the only one. */
export interface SingleAttachOptions {
  readonly mode: 'Single' | 'AllowOverride'
  /** Attaches only if the attachments have this revision, see `queryCgroup`; else `ERR_EBPF_CONFLICT`. */
  readonly expectedRevision?: bigint | undefined
}

/** The third argument of `CgroupSkb.attach`. */
export type AttachOptions =
  CgroupAttachMode | LinkAttachOptions | MultipleAttachOptions | ReplaceAttachOptions | SingleAttachOptions

/** The options as the addon takes them; whatever does not go together is refused here. @internal */
export function toNativeOptions(options: AttachOptions): Binding.AttachOptions {
  if (typeof options === 'string') return { mode: checkMode('mode', options) }
  checkOptions('options', checkObject('options', options), ['mode', 'order', 'preorder', 'replace', 'expectedRevision'])
  const { mode, order, preorder, replace, expectedRevision } = options as Readonly<Record<string, unknown>>
  const checked = mode === undefined ? undefined : checkMode('options.mode', mode)
  requireMultiple(checked, { order, preorder, replace })
  return {
    ...(checked && { mode: checked }),
    ...(order !== undefined && toNativeOrder(order, checked === undefined ? linkAnchor : programAnchor)),
    ...(preorder !== undefined && { preorder: checkBoolean('options.preorder', preorder) }),
    ...(replace !== undefined && { replaceFd: programFd('options.replace', replace) }),
    ...(expectedRevision !== undefined && {
      expectedRevision: checkBigInt('options.expectedRevision', expectedRevision, 1n, 2n ** 64n - 1n),
    }),
  }
}

function checkMode(name: string, mode: unknown): CgroupAttachMode {
  return checkOneOf(name, mode, Object.values(CgroupAttachMode))
}

/** `replace` needs neighbours, and so does an order; a link has no `replace`, but `update`. */
function requireMultiple(mode: CgroupAttachMode | undefined, options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || mode === 'AllowMultiple') continue
    if (mode === undefined && name !== 'replace') continue
    const remedy = mode === undefined ? 'a link is replaced by link.update()' : `mode ${mode} has one program only`
    throw invalidArgValue(`options.${name}`, `needs mode AllowMultiple: ${remedy}`, value)
  }
  const { order, replace } = options
  if (order !== undefined && replace !== undefined) {
    throw invalidArgValue('options.order', 'cannot go with replace, which takes the place of the other', order)
  }
}

type NativeAnchor = Pick<Binding.AttachOptions, 'anchorFd' | 'anchorId'>

function toNativeOrder(
  order: unknown,
  toAnchor: (name: string, anchor: unknown) => NativeAnchor,
): Binding.AttachOptions {
  if (order === 'first') return { position: 'Before' }
  if (order === 'last') return { position: 'After' }
  if (typeof order === 'object' && order !== null) {
    checkOptions('options.order', order, ['before', 'after'])
    const [[side, anchor] = [], second] = Object.entries(order)
    if (second === undefined && side === 'before')
      return { position: 'Before', ...toAnchor('options.order.before', anchor) }
    if (second === undefined && side === 'after')
      return { position: 'After', ...toAnchor('options.order.after', anchor) }
  }
  throw invalidArgValue('options.order', "must be 'first', 'last', { before: anchor } or { after: anchor }", order)
}

function linkAnchor(name: string, anchor: unknown): NativeAnchor {
  if (anchor instanceof CgroupSkbLink || anchor instanceof FdLink || anchor instanceof PinnedLink) {
    return { anchorFd: anchor.fd() }
  }
  if (typeof anchor === 'object' && anchor !== null && 'linkId' in anchor) {
    return { anchorId: checkInteger(`${name}.linkId`, anchor.linkId, 1, 2 ** 32 - 1) }
  }
  throw invalidArgType(name, 'a link or { linkId }: a link is placed relative to links', anchor)
}

function programAnchor(name: string, anchor: unknown): NativeAnchor {
  if (anchor instanceof Program) return { anchorFd: anchor.fd() }
  if (typeof anchor === 'object' && anchor !== null && 'programId' in anchor) {
    return { anchorId: checkInteger(`${name}.programId`, anchor.programId, 1, 2 ** 32 - 1) }
  }
  throw invalidArgType(
    name,
    'a Program or { programId }: with a mode, programs are placed relative to programs',
    anchor,
  )
}

function programFd(name: string, program: unknown): number {
  if (!(program instanceof Program)) throw notInstance(name, 'Program', program)
  return program.fd()
}
