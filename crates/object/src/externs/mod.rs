//! What an object takes from the kernel by name: `__ksym`, kfuncs and `__kconfig`. aya knows nothing of them, but leaves
//! instructions alone that refer to what is not defined: so they are finished here.
//!
//! As libbpf does: weak ones that are not there are 0; others that are not there are obstacles to the programs that
//! reach them.

mod apply;
mod kconfig;
mod section;
mod survey;

use std::{borrow::Cow, collections::HashMap};

use object::read::elf::SectionHeader as _;

use self::survey::{Extern, Origin};
use crate::{
    btf::{Btf, kind},
    error::{Result, malformed},
    relocation::are_compatible,
    repair::Obstacle,
    symbols::Elf,
};

/// What is to be found among the types of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelType {
    /// A variable (`BTF_KIND_VAR`).
    Variable,
    /// A function (`BTF_KIND_FUNC`).
    Function,
}

/// The kernel that an object is for.
pub trait Kernel {
    /// The numbers of variables and functions among the types of the kernel itself; `None` for what is not there.
    fn type_ids(&self, wanted: &[(&str, KernelType)]) -> Vec<Option<u32>>;
    /// Where symbols are.
    fn addresses(&self, names: &[&str]) -> Vec<Address>;
    /// The value of an option of its configuration, as `.config` has it: `y`, `250`, `"text"`.
    fn config(&self, option: &str) -> Option<String>;
    /// Its `LINUX_VERSION_CODE`.
    fn version(&self) -> u32;
    /// The types of the kernel itself, as raw BTF; `None` when it does not tell.
    fn types(&self) -> Option<&[u8]>;
}

/// Where a symbol of the kernel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// It is not there, or hidden.
    Absent,
    /// It is there.
    At(u64),
    /// There are several of that name.
    Ambiguous,
}

/// What a name comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// It is weak, and not there.
    Nothing,
    Address(u64),
    TypeId(u32),
    /// A variable that the object has from now on.
    Config,
    /// Why not, in words that continue "program … cannot be loaded: ".
    Missing(String),
}

/// An object in which everything is defined, but for the obstacles.
pub(crate) struct Linked<'a> {
    pub(crate) data: Cow<'a, [u8]>,
    pub(crate) obstacles: Vec<Obstacle>,
    /// Helpers that no kernel has, called in place of weak functions that are not there; and the names of those.
    pub(crate) absent: Vec<(u32, String)>,
}

/// Links `data`, which `elf` has been read from, with the kernel. Without a kernel everything is taken to be there.
pub(crate) fn link<'a>(
    data: &'a [u8],
    elf: &Elf<'a>,
    kernel: Option<&dyn Kernel>,
) -> Result<Linked<'a>> {
    let mut linked = Linked {
        data: Cow::Borrowed(data),
        obstacles: Vec::new(),
        absent: Vec::new(),
    };
    let Some((section, header)) = elf.section(b".BTF") else {
        return Ok(linked);
    };
    let btf = header.data(elf.endian, data).map_err(malformed)?;
    let Some(btf) = Btf::parse(btf) else {
        return Ok(linked); // aya says what is wrong with it.
    };
    let mut externs = survey::externs(elf, &btf)?;
    if externs.is_empty() {
        return Ok(linked);
    }
    let config = kconfig::lay_out(&btf, &mut externs, kernel)?;
    find_in_kernel(&btf, &mut externs, kernel);
    let mut copy = data.to_vec();
    linked.obstacles = apply::instructions(elf, data, &externs, &mut copy)?;
    linked.absent = apply::absent(&externs);
    apply::types(elf, section, &btf, &mut copy)?;
    if !config.contents.is_empty() {
        apply::variables(elf, &externs, &config, &mut copy)?;
    }
    linked.data = Cow::Owned(copy);
    Ok(linked)
}

/// The numbers of variables and functions in BTF, which may be that of a kernel: some 150,000 types.
#[must_use]
pub fn find_types(data: &[u8], wanted: &[(&str, KernelType)]) -> Vec<Option<u32>> {
    let mut numbers = vec![None; wanted.len()];
    let Some(btf) = Btf::parse(data) else {
        return numbers;
    };
    let mut places: HashMap<(&str, u32), Vec<usize>> = HashMap::new();
    for (index, (name, kind)) in wanted.iter().enumerate() {
        let kind = match kind {
            KernelType::Variable => kind::VAR,
            KernelType::Function => kind::FUNC,
        };
        places.entry((name, kind)).or_default().push(index);
    }
    for id in btf.ids() {
        let Some(found) = btf
            .get(id)
            .filter(|one| matches!(one.kind, kind::VAR | kind::FUNC))
        else {
            continue;
        };
        let name = btf.name(found).unwrap_or_default();
        for index in places.get(&(name, found.kind)).into_iter().flatten() {
            if let Some(number) = numbers.get_mut(*index) {
                number.get_or_insert(id);
            }
        }
    }
    numbers
}

/// Looks up what is to come from the kernel's symbols and types.
fn find_in_kernel(btf: &Btf<'_>, externs: &mut [Extern<'_>], kernel: Option<&dyn Kernel>) {
    let Some(kernel) = kernel else {
        for wanted in externs.iter_mut() {
            wanted.found.get_or_insert(Found::Nothing);
        }
        return;
    };
    let mut typed = Vec::new();
    let mut untyped = Vec::new();
    for wanted in externs.iter().filter(|one| one.found.is_none()) {
        match wanted.origin {
            Origin::Type(kind) => typed.push((wanted.wanted_name(), kind)),
            Origin::Symbol => untyped.push(wanted.wanted_name()),
            Origin::Config => {}
        }
    }
    let (ids, kernel_types) = if typed.is_empty() {
        (Vec::new(), None)
    } else {
        (kernel.type_ids(&typed), kernel.types().and_then(Btf::parse))
    };
    let addresses = (!untyped.is_empty()).then(|| kernel.addresses(&untyped));
    let mut addresses = addresses.unwrap_or_default().into_iter();
    let mut ids = ids.into_iter();
    for wanted in externs.iter_mut().filter(|one| one.found.is_none()) {
        wanted.found = Some(match wanted.origin {
            Origin::Type(_) => match ids.next().flatten() {
                Some(id) if !is_declared_alike(btf, wanted, kernel_types.as_ref(), id) => {
                    wanted.unlike()
                }
                Some(id) => Found::TypeId(id),
                None => wanted.absent(),
            },
            Origin::Symbol => match addresses.next() {
                Some(Address::At(address)) => Found::Address(address),
                Some(Address::Ambiguous) => wanted.ambiguous(),
                Some(Address::Absent) | None => wanted.absent(),
            },
            Origin::Config => wanted.absent(),
        });
    }
}

/// Whether the object declares a variable or function of the kernel as it is. Where the kernel tells nothing, it does.
fn is_declared_alike(btf: &Btf<'_>, wanted: &Extern<'_>, types: Option<&Btf<'_>>, id: u32) -> bool {
    let Some((types, found)) = types.and_then(|types| Some((types, types.get(id)?))) else {
        return true;
    };
    are_compatible((btf, wanted.declared.payload), (types, found.payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Settings,
        patch::prepare,
        tests::{EXTERNS, mutants, section},
    };

    /// A kernel that has what is in these lists.
    struct Known {
        types: &'static [(&'static str, u32)],
        addresses: &'static [(&'static str, u64)],
        config: &'static [(&'static str, &'static str)],
    }

    impl Kernel for Known {
        fn type_ids(&self, wanted: &[(&str, KernelType)]) -> Vec<Option<u32>> {
            let id = |name: &str| self.types.iter().find(|(known, _)| *known == name);
            wanted
                .iter()
                .map(|(name, _)| id(name).map(|(_, id)| *id))
                .collect()
        }

        fn addresses(&self, names: &[&str]) -> Vec<Address> {
            let address = |name: &&str| {
                let mut known = self.addresses.iter().filter(|(known, _)| known == name);
                match (known.next(), known.next()) {
                    (Some((_, address)), None) => Address::At(*address),
                    (Some(_), Some(_)) => Address::Ambiguous,
                    (None, _) => Address::Absent,
                }
            };
            names.iter().map(address).collect()
        }

        fn config(&self, option: &str) -> Option<String> {
            let found = self.config.iter().find(|(known, _)| *known == option);
            found.map(|(_, value)| (*value).to_owned())
        }

        fn version(&self) -> u32 {
            0x6_01_02
        }

        fn types(&self) -> Option<&[u8]> {
            None
        }
    }

    const ALL: Known = Known {
        types: &[
            ("bpf_prog_active", 7),
            ("bpf_rcu_read_lock", 8),
            ("bpf_rcu_read_unlock", 9),
            ("ayajs_lacks_function", 10),
        ],
        addresses: &[("do_exit", 0x1234_5678_9abc_def0), ("ayajs_lacks", 1)],
        config: &[
            ("CONFIG_BPF_SYSCALL", "y"),
            ("CONFIG_BPF_JIT", "m"),
            ("CONFIG_CGROUP_BPF", "y"),
            ("CONFIG_HZ", "-0x10"),
            ("CONFIG_CC_VERSION_TEXT", "\"gcc (Debian) of some length\""),
            ("CONFIG_AYAJS_LACKS", "3"),
        ],
    };

    fn obstacles(kernel: &Known) -> Vec<String> {
        let elf = Elf::parse(EXTERNS).unwrap();
        let linked = link(EXTERNS, &elf, Some(kernel)).unwrap();
        linked.obstacles.into_iter().map(|one| one.reason).collect()
    }

    #[test]
    fn with_everything_there_nothing_is_in_the_way() {
        assert_eq!(obstacles(&ALL), Vec::<String>::new());
    }

    #[test]
    fn options_become_constants_with_the_values_of_the_kernel() {
        let elf = Elf::parse(EXTERNS).unwrap();
        let linked = link(EXTERNS, &elf, Some(&ALL)).unwrap();
        let constants = section(&linked.data, ".rodata.kconfig");
        assert!(
            constants
                .windows(4)
                .any(|bytes| bytes == 0x6_01_02_u32.to_ne_bytes())
        );
        assert!(
            constants
                .windows(4)
                .any(|bytes| bytes == (-16_i32).to_ne_bytes())
        );
        assert!(
            constants
                .windows(16)
                .any(|bytes| bytes == *b"gcc (Debian) of\0")
        );
        aya_obj::Object::parse(&linked.data).unwrap();
    }

    #[test]
    fn instructions_get_addresses_and_numbers_of_types() {
        let elf = Elf::parse(EXTERNS).unwrap();
        let linked = link(EXTERNS, &elf, Some(&ALL)).unwrap();
        let code = section(&linked.data, "cgroup_skb/egress");
        let has = |instruction: &[u8]| code.chunks(8).any(|bytes| bytes == instruction);
        assert!(has(&[0x85, 0x20, 0, 0, 8, 0, 0, 0]), "a call of a kfunc");
        let address = code.windows(16).any(|bytes| {
            bytes[0] == 0x18
                && bytes[4..8] == 0x9abc_def0_u32.to_ne_bytes()
                && bytes[12..] == 0x1234_5678_u32.to_ne_bytes()
        });
        assert!(address, "the address of a symbol");
        let variable = code
            .chunks(8)
            .any(|bytes| bytes[0] == 0x18 && bytes[1] & 0xf0 == 0x30 && bytes[4] == 7);
        assert!(variable, "the number of a variable's type");
    }

    #[test]
    fn what_is_strong_and_not_there_is_in_the_way_by_name() {
        let cases = [
            (
                Known {
                    types: &ALL.types[..3],
                    ..ALL
                },
                "ayajs_lacks_function",
            ),
            (
                Known {
                    types: &ALL.types[1..],
                    ..ALL
                },
                "bpf_prog_active",
            ),
            (
                Known {
                    addresses: &ALL.addresses[..1],
                    ..ALL
                },
                "ayajs_lacks,",
            ),
            (
                Known {
                    config: &ALL.config[..5],
                    ..ALL
                },
                "CONFIG_AYAJS_LACKS",
            ),
            (
                Known {
                    config: &[("CONFIG_HZ", "y")],
                    ..ALL
                },
                "CONFIG_HZ is y",
            ),
        ];
        for (kernel, name) in cases {
            let obstacles = obstacles(&kernel);
            assert!(
                obstacles.iter().any(|reason| reason.contains(name)),
                "{obstacles:?}"
            );
        }
    }

    #[test]
    fn types_are_found_by_name_and_kind() {
        let btf = section(EXTERNS, ".BTF");
        let wanted = [
            ("bpf_prog_active", KernelType::Variable),
            ("bpf_prog_active", KernelType::Function),
            ("bpf_rcu_read_lock", KernelType::Function),
            ("nobody", KernelType::Variable),
        ];
        let found = find_types(btf, &wanted);
        let is_there: Vec<_> = found.iter().map(Option::is_some).collect();
        assert_eq!(is_there, [true, false, true, false]);
        assert_eq!(find_types(b"no BTF", &wanted), [None; 4]);
    }

    #[test]
    fn hostile_objects_are_refused_or_survived() {
        let settings = Settings {
            kernel: Some(&ALL),
            ..Settings::default()
        };
        for mutant in mutants(EXTERNS, 3_000) {
            if crate::check(&mutant).is_ok()
                && let Ok(prepared) = prepare(&mutant, &settings)
            {
                assert!(prepared.data.len() < 100 * EXTERNS.len());
            }
        }
    }
}
