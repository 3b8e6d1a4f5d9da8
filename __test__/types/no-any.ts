// No member of a public class or interface is, takes or returns `any`: it would switch the checks of its users off.
import type * as ayajs from 'ayajs'
import type {
  BatchesOptions,
  CgroupLinkInfo,
  EbpfErrorDetails,
  LoadOptions,
  MapInfo,
  MapOptions,
  PackedBatch,
  ProgramInfo,
  TestRunOptions,
  TestRunResult,
} from 'ayajs'
import { same, type AnyMembers } from './expect.ts'

same<AnyMembers<ayajs.Btf>, never>()
same<AnyMembers<ayajs.CgroupSkb>, never>()
same<AnyMembers<ayajs.CgroupSkbLink>, never>()
same<AnyMembers<ayajs.CgroupSkbLinkId>, never>()
same<AnyMembers<ayajs.Ebpf>, never>()
same<AnyMembers<ayajs.EbpfError>, never>()
same<AnyMembers<ayajs.EbpfLoader>, never>()
same<AnyMembers<ayajs.KernelVersion>, never>()
same<AnyMembers<ayajs.MapBase>, never>()
same<AnyMembers<ayajs.ArrayMap>, never>()
same<AnyMembers<ayajs.ArrayOfMaps>, never>()
same<AnyMembers<ayajs.BloomFilter>, never>()
same<AnyMembers<ayajs.BytesMap>, never>()
same<AnyMembers<ayajs.CgroupArray>, never>()
same<AnyMembers<ayajs.CgroupStorage>, never>()
same<AnyMembers<ayajs.HashMap>, never>()
same<AnyMembers<ayajs.HashOfMaps>, never>()
same<AnyMembers<ayajs.LpmTrie>, never>()
same<AnyMembers<ayajs.PerCpuArray>, never>()
same<AnyMembers<ayajs.PerCpuCgroupStorage>, never>()
same<AnyMembers<ayajs.PerCpuHashMap>, never>()
same<AnyMembers<ayajs.ProgramArray>, never>()
same<AnyMembers<ayajs.Queue>, never>()
same<AnyMembers<ayajs.Stack>, never>()
same<AnyMembers<ayajs.Program>, never>()

same<AnyMembers<typeof ayajs.Btf>, never>()
// Without its class `tryFrom` has no type; what it gives with one is told in objects.ts.
same<AnyMembers<typeof ayajs.CgroupSkb>, 'tryFrom'>()
same<AnyMembers<typeof ayajs.Ebpf>, never>()
// Node's, on every class of errors.
same<AnyMembers<typeof ayajs.EbpfError>, 'prepareStackTrace'>()
same<AnyMembers<typeof ayajs.KernelVersion>, never>()
same<AnyMembers<typeof ayajs.HashMap>, never>()
same<AnyMembers<typeof ayajs.MapBase>, never>()

same<AnyMembers<CgroupLinkInfo>, never>()
same<AnyMembers<EbpfErrorDetails>, never>()
same<AnyMembers<LoadOptions>, never>()
same<AnyMembers<BatchesOptions>, never>()
same<AnyMembers<MapInfo>, never>()
same<AnyMembers<MapOptions>, never>()
same<AnyMembers<PackedBatch>, never>()
same<AnyMembers<ProgramInfo>, never>()
same<AnyMembers<TestRunOptions>, never>()
same<AnyMembers<TestRunResult>, never>()

// The assertion itself: it finds what there is to find.
interface Bad {
  // oxlint-disable-next-line typescript/no-explicit-any
  value: any
  fine: string
  // oxlint-disable-next-line typescript/no-explicit-any
  takes(value: any): void
  // oxlint-disable-next-line typescript/no-explicit-any
  returns(): any
}
same<AnyMembers<Bad>, 'value' | 'takes' | 'returns'>()
