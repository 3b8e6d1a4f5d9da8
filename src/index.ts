// The public package: exports by name, nothing else.

export type { BytesLike, PathLike } from './arguments.ts'
export { Btf } from './kernel-btf.ts'
export { Ebpf } from './ebpf.ts'
export { EbpfError, errorCodes, type EbpfErrorCode, type EbpfErrorDetails, type ErrorCode } from './errors.ts'
export { RunTimeStats, enableStats, loadedLinks, loadedMaps, loadedPrograms } from './kernel-objects.ts'
export { KernelVersion } from './kernel-version.ts'
export type { Cgroup } from './links/cgroup.ts'
export { CgroupSkbLink, CgroupSkbLinkId } from './links/cgroup-skb-link.ts'
export { FdLink, PinnedLink } from './links/fd-link.ts'
export type { CgroupLinkInfo, LinkInfo } from './links/link-info.ts'
export type { UpdateOptions } from './links/link-program.ts'
export { queryCgroup, type AttachedProgram, type CgroupQuery, type QueryOptions } from './links/query.ts'
export { EbpfLoader } from './loader.ts'
export { MapBase, type MapInfo } from './maps/map-base.ts'
export type { ObjectType, ObjectTypes, Untyped } from './object-types.ts'
export { VerifierLogLevel, type LoadOptions } from './options.ts'
export {
  CgroupAttachMode,
  type AttachOptions,
  type AttachOrder,
  type LinkAnchor,
  type LinkAttachOptions,
  type MultipleAttachOptions,
  type ProgramAnchor,
  type ReplaceAttachOptions,
  type SingleAttachOptions,
} from './programs/attach-options.ts'
export { CgroupSkb, CgroupSkbAttachType, type TestRunOptions, type TestRunResult } from './programs/cgroup-skb.ts'
export { Program, type ProgramHandle } from './programs/program.ts'
export type { ProgramInfo } from './programs/program-info.ts'
