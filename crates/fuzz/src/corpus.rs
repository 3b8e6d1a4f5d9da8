//! The objects that mutations begin with.

use std::{collections::BTreeMap, fs, io, path::Path, path::PathBuf};

use object::{
    Endianness,
    elf::{FileHeader64, SHT_SYMTAB, STT_OBJECT},
    read::elf::{FileHeader as _, Sym as _},
};

use crate::layout::{self, Records};

/// Objects of this repository, from its root.
const FOLDERS: &[&str] = &["__test__/fixtures", "bpf", "benchmark/bpf", "examples"];

/// Larger objects make fewer executions, and find no more.
const MAX_BYTES: usize = 64 << 10;

/// An object to mutate.
pub(crate) struct Seed {
    pub(crate) path: PathBuf,
    pub(crate) data: Vec<u8>,
    /// By kind, so that the many types of an object do not outweigh its one header.
    pub(crate) records: Vec<Vec<Records>>,
    /// Names and sizes of variables and map definitions.
    pub(crate) names: Vec<(String, usize)>,
    /// Its own types, which stand for those of a kernel.
    pub(crate) btf: Option<Vec<u8>>,
}

/// The seeds: those of the repository, or those below `folders`.
pub(crate) fn read(folders: &[PathBuf]) -> io::Result<Vec<Seed>> {
    let mut paths = Vec::new();
    if folders.is_empty() {
        for folder in FOLDERS {
            list(Path::new(folder), &mut paths)?;
        }
    }
    for folder in folders {
        list(folder, &mut paths)?;
    }
    paths.sort();
    let mut seeds = Vec::new();
    for path in paths {
        let data = fs::read(&path)?;
        if data.len() <= MAX_BYTES {
            seeds.push(Seed::new(path, data));
        }
    }
    Ok(seeds)
}

impl Seed {
    pub(crate) fn new(path: PathBuf, data: Vec<u8>) -> Self {
        let mut records: BTreeMap<_, Vec<Records>> = BTreeMap::new();
        for found in layout::records(&data) {
            records.entry(found.kind).or_default().push(found);
        }
        let btf = layout::btf(&data)
            .filter(|btf| ayajs_object::check_btf(btf).is_ok())
            .map(<[u8]>::to_vec);
        Self {
            path,
            records: records.into_values().collect(),
            names: names(&data).unwrap_or_default(),
            btf,
            data,
        }
    }
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_object = path
            .extension()
            .is_some_and(|extension| extension == "o" || extension == "elf");
        if path.is_dir() && !path.ends_with("node_modules") {
            list(&path, paths)?;
        } else if is_object {
            paths.push(path);
        }
    }
    Ok(())
}

fn names(data: &[u8]) -> Option<Vec<(String, usize)>> {
    let endian = Endianness::default();
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let sections = header.sections(endian, data).ok()?;
    let symbols = sections.symbols(endian, data, SHT_SYMTAB).ok()?;
    let names = symbols
        .iter()
        .filter(|symbol| symbol.st_type() == STT_OBJECT);
    Some(
        names
            .filter_map(|symbol| {
                let name = symbol.name(endian, symbols.strings()).ok()?;
                let size = usize::try_from(symbol.st_size(endian)).ok()?;
                Some((String::from_utf8(name.to_vec()).ok()?, size.min(4096)))
            })
            .collect(),
    )
}
