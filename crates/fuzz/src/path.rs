//! The way of an object: everything that the addon and aya's loader do with it, up to where the kernel would be called.

use std::collections::{HashMap, HashSet};

use crate::some_kernel::SomeKernel;
use aya_obj::{
    EbpfSectionKind, Features, Function, Map, Object,
    btf::{Btf, BtfFeatures},
};
use ayajs_object::{Error, Global, Kind, Settings, Types, Untyped};

/// What else an execution depends on.
pub(crate) struct Circumstances<'a> {
    pub(crate) globals: &'a [Global],
    pub(crate) max_entries: &'a [(String, u32)],
    /// The types of the kernel that the object is for, as raw BTF.
    pub(crate) target: Option<&'a [u8]>,
    /// Whether what is extern in the object is looked for in a kernel.
    pub(crate) has_externs: bool,
    /// Whether that kernel is an old one.
    pub(crate) is_old: bool,
}

/// How it ended: accepted, or refused by whom and how.
pub(crate) type Outcome = &'static str;

/// Takes an object all the way.
pub(crate) fn take(data: &[u8], circumstances: &Circumstances<'_>) -> Outcome {
    if let Err(error) = ayajs_object::check(data) {
        return refused(
            &error,
            "refused by check: ERR_EBPF_PARSE",
            "refused by check: ERR_EBPF_BTF",
        );
    }
    let settings = Settings {
        globals: circumstances.globals,
        max_entries: circumstances.max_entries,
        untyped: if circumstances.is_old {
            Untyped::All
        } else {
            Untyped::Named(&[])
        },
        kernel: circumstances.has_externs.then_some(&SomeKernel),
        types: circumstances.target.map_or(Types::Kernel, Types::Given),
        ..Settings::default()
    };
    let prepared = match ayajs_object::prepare(data, &settings) {
        Ok(prepared) => prepared,
        Err(error) => {
            return refused(
                &error,
                "refused by prepare: ERR_EBPF_PARSE",
                "refused by prepare: ERR_EBPF_BTF",
            );
        }
    };
    if let Err(error) = ayajs_object::check_prepared(&prepared) {
        return refused(
            &error,
            "refused when prepared: ERR_EBPF_PARSE",
            "refused when prepared: ERR_EBPF_BTF",
        );
    }
    load(&prepared.data, circumstances)
}

/// Why this package refuses an object, without settings; nothing for one that it gives to aya.
pub(crate) fn reason(data: &[u8]) -> Option<String> {
    let settings = Settings {
        kernel: Some(&SomeKernel),
        ..Settings::default()
    };
    let result = ayajs_object::check(data)
        .and_then(|()| ayajs_object::prepare(data, &settings))
        .and_then(|prepared| ayajs_object::check_prepared(&prepared));
    result.err().map(|error| error.message)
}

fn refused(error: &Error, parse: Outcome, btf: Outcome) -> Outcome {
    match error.kind {
        Kind::Parse => parse,
        Kind::Btf => btf,
        _ => "refused by prepare: a setting, or what the kernel lacks",
    }
}

/// What aya's `EbpfLoader::load` does, in its order. Nothing is left for it to relocate by CO-RE.
fn load(data: &[u8], circumstances: &Circumstances<'_>) -> Outcome {
    let Ok(mut object) = Object::parse(data) else {
        return "refused by aya: parse";
    };
    if object.patch_map_data(HashMap::new()).is_err() {
        return "refused by aya: patch_map_data";
    }
    let (features, btf_features) = kernel(circumstances.is_old);
    let Ok(sanitised) = object.fixup_and_sanitize_btf(&btf_features) else {
        return "refused by aya: BTF";
    };
    sanitised.map(Btf::to_bytes);
    let maps = create_maps(&mut object);
    let text_sections: HashSet<usize> = object
        .functions
        .keys()
        .map(|(section, _)| *section)
        .collect();
    let with_descriptors = maps.iter().map(|(name, map)| (name.as_str(), 7, map));
    if object
        .relocate_maps(with_descriptors, &text_sections)
        .is_err()
    {
        return "refused by aya: maps";
    }
    if object.relocate_calls(&text_sections).is_err() {
        return "refused by aya: calls";
    }
    object.sanitize_functions(&features);
    for program in object.programs.values() {
        if let Some(function) = object.functions.get(&program.function_key()) {
            attributes(function);
        }
    }
    "accepted"
}

/// The maps with what aya changes in them before it asks the kernel.
fn create_maps(object: &mut Object) -> Vec<(String, Map)> {
    object
        .maps
        .drain()
        .map(|(name, mut map)| {
            if let EbpfSectionKind::Maps = map.section_kind() {
                map.set_max_entries(map.max_entries().max(1));
            }
            drop(map.inner());
            (name, map)
        })
        .collect()
}

/// What aya makes of a program for `BPF_PROG_LOAD`.
fn attributes(function: &Function) {
    let infos = (function.func_info.clone(), function.line_info.clone());
    drop((infos.0.func_info_bytes(), infos.1.line_info_bytes()));
}

/// What Linux 5.10 can, or the newest one.
fn kernel(is_old: bool) -> (Features, BtfFeatures) {
    let new = !is_old;
    let btf = || BtfFeatures::new(true, true, true, new, new, new, new, new);
    let features = Features::new(true, true, new, true, new, new, new, Some(btf()));
    (features, btf())
}
