//! The running kernel, as far as objects take something from it by name.

use std::{collections::HashMap, fs, sync::OnceLock};

use aya::util::KernelVersion;
use ayajs_object::{Kernel, KernelType, find_types, gunzip};

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

    fn addresses(&self, names: &[&str]) -> Vec<Option<u64>> {
        let symbols = fs::read("/proc/kallsyms").unwrap_or_default();
        let symbols = String::from_utf8_lossy(&symbols);
        let mut found: HashMap<&str, u64> = HashMap::new();
        for (address, name) in symbols.lines().filter_map(symbol) {
            // The first one is that of the kernel itself; those of modules come later.
            if names.contains(&name) {
                found.entry(name).or_insert(address);
            }
        }
        let address = |name| found.get(name).copied().filter(|address| *address != 0);
        names.iter().map(|name| address(*name)).collect()
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

/// A line of `/proc/kallsyms`: address, type, name, and the module.
fn symbol(line: &str) -> Option<(u64, &str)> {
    let mut fields = line.split_ascii_whitespace();
    let address = u64::from_str_radix(fields.next()?, 16).ok()?;
    Some((address, fields.nth(1)?))
}
