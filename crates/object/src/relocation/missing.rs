//! Why a relocation cannot be resolved, in words, and what helps.

use super::record::About;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The kernel tells nothing.
    Types,
    Type {
        name: String,
    },
    Field {
        of: String,
        field: String,
    },
    Element {
        of: String,
        index: u32,
    },
    Value {
        of: String,
        value: String,
    },
    /// A type or field of that name is something else.
    Other {
        what: String,
    },
    Ambiguous,
    Nameless,
    /// In bytes, in the object and in the kernel.
    Size(u32, u32),
    /// In bytes.
    TooFar(u64),
    /// The instruction takes no such value.
    Instruction,
    /// The object does not fit itself.
    Path(String),
    /// Nobody can tell a value.
    Unknown,
    /// Looking for it takes too long.
    Endless,
}

impl Missing {
    /// In words; `kernel` is whose types were looked at.
    pub(super) fn words(&self, kernel: &str) -> String {
        match self {
            Self::Types => format!("{kernel} tells no types (/sys/kernel/btf/vmlinux)"),
            Self::Type { name } => format!("{kernel} has no {name}"),
            Self::Field { of, field } => format!("{of} of {kernel} has no field {field}"),
            Self::Element { of, index } => format!("{of} of {kernel} has no element {index}"),
            Self::Value { of, value } => format!("{of} of {kernel} has no value {value}"),
            Self::Other { what } => format!("{what} of {kernel} has another type"),
            Self::Ambiguous => {
                format!("{kernel} has several types of that name, which differ in it")
            }
            Self::Nameless => String::from("a type without a name cannot be found in a kernel"),
            Self::Size(local, target) => format!(
                "it has {target} bytes in {kernel}, and {local} in the object; only pointers and unsigned numbers may differ"
            ),
            Self::TooFar(offset) => {
                format!("its offset in {kernel} is {offset}, and an instruction takes up to 32767")
            }
            Self::Instruction => String::from("the instruction there takes no such value"),
            Self::Path(path) => format!("the path \"{path}\" in the object does not fit its type"),
            Self::Endless => format!(
                "looking for it among the types of {kernel} takes too long: some may contain themselves"
            ),
            Self::Unknown => format!("it has no such value in {kernel}"),
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self, about: About) -> &'static str {
        match (self, about) {
            (Self::Types, _) => {
                "Give the types of this kernel by the option btf: Btf.parseFile(path)."
            }
            (
                Self::Type { .. } | Self::Field { .. } | Self::Element { .. } | Self::Value { .. },
                About::Field,
            ) => {
                "Ask bpf_core_field_exists() before it is read, or load the program only where the kernel has it."
            }
            (Self::Type { .. } | Self::Value { .. }, About::Value) => {
                "Ask bpf_core_enum_value_exists() before it is used, or load the program only where the kernel has it."
            }
            (Self::Other { .. } | Self::Size(..) | Self::TooFar(_) | Self::Ambiguous, _) => {
                "Declare it in the object as the kernel has it: bpftool btf dump file /sys/kernel/btf/vmlinux format c."
            }
            _ => "Compile the object with clang -O2 -g -target bpf -c.",
        }
    }
}
