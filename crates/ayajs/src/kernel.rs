//! The running kernel, as far as objects take something from it by name.

use std::{collections::HashMap, fs, sync::OnceLock};

use aya::util::KernelVersion;
use ayajs_object::{Address, Kernel, KernelType, find_types, gunzip};

/// Where its types are.
pub(crate) const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// Reads what is asked for, and only then: most objects take nothing by name. Its types are some megabytes, read once for
/// whoever has it.
#[derive(Default)]
pub(crate) struct RunningKernel {
    types: OnceLock<Option<Vec<u8>>>,
}

impl Kernel for RunningKernel {
    fn type_ids(&self, wanted: &[(&str, KernelType)]) -> Vec<Option<u32>> {
        match self.types() {
            Some(btf) => find_types(btf, wanted),
            None => vec![None; wanted.len()],
        }
    }

    fn addresses(&self, names: &[&str]) -> Vec<Address> {
        let symbols = fs::read("/proc/kallsyms").unwrap_or_default();
        find_addresses(&String::from_utf8_lossy(&symbols), names)
    }

    fn config(&self, option: &str) -> Option<String> {
        static CONFIG: OnceLock<String> = OnceLock::new();
        let config = CONFIG.get_or_init(|| read_config().unwrap_or_default());
        let line = config
            .lines()
            .find_map(|line| line.strip_prefix(option)?.strip_prefix('='))?;
        Some(line.to_owned())
    }

    fn version(&self) -> u32 {
        KernelVersion::current().map_or(0, KernelVersion::code)
    }

    fn types(&self) -> Option<&[u8]> {
        let types = self.types.get_or_init(|| fs::read(BTF_PATH).ok());
        types.as_deref()
    }
}

/// Where libbpf looks for it, and in that order.
fn read_config() -> Option<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let boot = format!("/boot/config-{}", release.trim_end());
    fs::read_to_string(boot)
        .ok()
        .or_else(|| String::from_utf8(gunzip(&fs::read("/proc/config.gz").ok()?)?).ok())
}

/// Where these are, by the lines of `/proc/kallsyms`: libbpf's rules (`kallsyms_cb`).
fn find_addresses(symbols: &str, names: &[&str]) -> Vec<Address> {
    let mut found: HashMap<&str, Address> = HashMap::new();
    for name in names {
        found.insert(name, Address::Absent);
    }
    for (address, name) in symbols.lines().filter_map(symbol) {
        // Whoever may not see addresses is told 0.
        if address != 0
            && let Some(known) = found.get_mut(name)
        {
            *known = match *known {
                Address::Absent => Address::At(address),
                Address::At(same) if same == address => *known,
                _ => Address::Ambiguous,
            };
        }
    }
    let at = |name: &&str| found.get(*name).copied().unwrap_or(Address::Absent);
    names.iter().map(at).collect()
}

/// A line of `/proc/kallsyms`: address, type, name, and the module.
fn symbol(line: &str) -> Option<(u64, &str)> {
    let mut fields = line.split_ascii_whitespace();
    let address = u64::from_str_radix(fields.next()?, 16).ok()?;
    let (kind, name) = (fields.next()?, fields.next()?);
    // LLVM gives static variables that it shares between units a hash.
    let end = name.find(".llvm.").filter(|_| kind == "d");
    Some((address, name.get(..end.unwrap_or(name.len()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_by_name_and_told_apart() {
        let symbols = "0000000000000000 A hidden
ffffffff81000000 T once
ffffffff81000010 t twice
ffffffffc0000000 t twice\t[module]
ffffffff81000020 T same
ffffffff81000020 t same
ffffffff81000030 d shared.llvm.123
ffffffff81000040 t code.llvm.123
";
        let names = [
            "once", "twice", "same", "shared", "code", "hidden", "nowhere",
        ];
        let found = [
            Address::At(0xffff_ffff_8100_0000),
            Address::Ambiguous,
            Address::At(0xffff_ffff_8100_0020),
            Address::At(0xffff_ffff_8100_0030),
            Address::Absent,
            Address::Absent,
            Address::Absent,
        ];
        assert_eq!(find_addresses(symbols, &names), found);
    }
}
