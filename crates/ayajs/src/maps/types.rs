//! The kernel's types of maps, by number and by name.

/// `enum bpf_map_type` of linux/bpf.h by number, in the names of aya's `MapType`.
const MAP_TYPES: [&str; 35] = [
    "Unspecified",
    "Hash",
    "Array",
    "ProgramArray",
    "PerfEventArray",
    "PerCpuHash",
    "PerCpuArray",
    "StackTrace",
    "CgroupArray",
    "LruHash",
    "LruPerCpuHash",
    "LpmTrie",
    "ArrayOfMaps",
    "HashOfMaps",
    "DevMap",
    "SockMap",
    "CpuMap",
    "XskMap",
    "SockHash",
    "CgroupStorage",
    "ReuseportSockArray",
    "PerCpuCgroupStorage",
    "Queue",
    "Stack",
    "SkStorage",
    "DevMapHash",
    "StructOps",
    "RingBuf",
    "InodeStorage",
    "TaskStorage",
    "BloomFilter",
    "UserRingBuf",
    "CgrpStorage",
    "Arena",
    "InsnArray",
];

/// The name of a kernel map type; its number where this table is older than the kernel.
pub(crate) fn map_type(number: u32) -> String {
    MAP_TYPES
        .get(number as usize)
        .map_or_else(|| format!("Unknown({number})"), |name| (*name).to_owned())
}

/// The number of a type that has a name.
pub(super) fn map_type_number(name: &str) -> Option<u32> {
    let number = MAP_TYPES.iter().position(|known| *known == name)?;
    u32::try_from(number).ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_one_to_one() {
        for number in 1..35 {
            assert_eq!(map_type_number(&map_type(number)), Some(number));
        }
        assert_eq!(map_type(35), "Unknown(35)");
        for name in ["Unspecified", "Unknown(35)", "hash", ""] {
            assert_eq!(map_type_number(name), None, "{name}");
        }
    }
}
