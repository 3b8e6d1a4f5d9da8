// What the kernel knows about links.

/** What the kernel knows about a link: aya's `LinkInfo`, `struct bpf_link_info`. */
export interface LinkInfo {
  /** The link's id in the kernel, as `bpftool link show id` takes it. */
  readonly id: number
  /** The id of the attached program. */
  readonly programId: number
  /** The type, in aya's spelling: `Cgroup`, `Xdp`, `Tcx`, … */
  readonly linkType: string
  /** For links of cgroups: the cgroup's id, which is the inode number of its directory; 0 when it has gone. */
  readonly cgroupId?: bigint
  /** For links of `CgroupSkb` programs: the direction. */
  readonly attachType?: 'Ingress' | 'Egress'
}

/** What is known about the attachment of a program to a cgroup. */
export interface CgroupLinkInfo {
  /** The link's id in the kernel, as `bpftool link show id` takes it; `null` when it is attached without a link. */
  readonly id: number | null
  /** The id of the attached program. */
  readonly programId: number
  /** The cgroup's id, which is the inode number of its directory; 0 when it has gone. */
  readonly cgroupId: bigint
  /** The direction. */
  readonly attachType: 'Ingress' | 'Egress'
}
