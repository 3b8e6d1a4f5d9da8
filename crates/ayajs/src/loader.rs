//! `EbpfLoader`: aya's builder, kept as plain options until something is opened.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use aya::{EbpfLoader as AyaLoader, VerifierLogLevel};
use napi::{
    Env,
    bindgen_prelude::{AsyncTask, Uint8Array},
};
use napi_derive::napi;

use ayajs_object::{Global, PinPaths, Prepared, Settings, Types, Untyped};

use crate::{
    args::{self, PathArg},
    btf::Btf,
    ebpf::{Ebpf, OpenTask, Source},
    error::Result,
    guard::guard,
    inject::Given,
    kernel::RunningKernel,
    maps::{Map, MapData},
    sys,
};

/// Where aya looks for maps that are pinned by name, unless it is told otherwise.
pub(crate) const DEFAULT_PIN_DIRECTORY: &str = "/sys/fs/bpf";

/// The largest `VerifierLogLevel`: verbose and statistics.
const MAX_LOG_LEVEL: u32 = 7;

/// How an object is opened.
#[derive(Clone, Default)]
pub(crate) struct LoadOptions {
    btf: TargetBtf,
    allow_unsupported_maps: bool,
    pin_directory: Option<PathBuf>,
    globals: Vec<Global>,
    max_entries: Vec<(String, u32)>,
    map_pin_paths: Vec<(String, PathBuf)>,
    extensions: Vec<String>,
    verifier_log_level: Option<u32>,
    maps: Vec<(String, Weak<Map>)>,
}

/// What an object is relocated against.
#[derive(Clone, Default)]
enum TargetBtf {
    #[default]
    RunningKernel,
    Given(Arc<[u8]>),
    Nothing,
}

impl LoadOptions {
    /// Runs `load` with a loader that has these options, for this object.
    ///
    /// A new loader of aya's parses the BTF of the kernel, which costs far more than most objects, and it forgets few
    /// options: those that can be taken back are set on one that is kept, and become part of the object where they can
    /// ([`Self::settings`]).
    pub(crate) fn with_loader<T>(
        &self,
        prepared: &Prepared<'_>,
        load: impl FnOnce(&mut AyaLoader<'_>) -> T,
    ) -> T {
        if !self.can_be_taken_back() || !prepared.max_entries.is_empty() {
            let mut loader = AyaLoader::new();
            self.apply(&mut loader);
            for (name, entries) in &prepared.max_entries {
                loader.map_max_entries(name, *entries);
            }
            return load(&mut loader);
        }
        let spare = spare_loaders().pop(); // A statement of its own: making a new one must not hold the lock.
        let mut loader = spare.unwrap_or_default();
        self.apply_for_now(&mut loader);
        let result = load(&mut loader);
        Self::default().apply_for_now(&mut loader);
        let mut spare = spare_loaders();
        if spare.len() < MAX_SPARE_LOADERS {
            spare.push(loader);
        }
        result
    }

    /// What is written into the object before aya reads it.
    pub(crate) fn settings<'a>(
        &'a self,
        untyped: Untyped<'a>,
        kernel: &'a RunningKernel,
    ) -> Settings<'a> {
        Settings {
            globals: &self.globals,
            max_entries: &self.max_entries,
            untyped,
            pin_paths: PinPaths::Of(&self.map_pin_paths),
            page_size: sys::page_size(),
            kernel: Some(kernel),
            types: match &self.btf {
                TargetBtf::RunningKernel => Types::Kernel,
                TargetBtf::Given(btf) => Types::Given(btf),
                TargetBtf::Nothing => Types::Nothing,
            },
        }
    }

    /// The maps that are given for those of the object, with descriptors of their own: whoever gave them may close them
    /// at any time.
    pub(crate) fn given_maps(&self) -> Result<Vec<Given>> {
        let last = |name: &str| last(&self.maps, name);
        let mut names: Vec<&str> = self.maps.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| Some((name, last(name)?)))
            .map(|(name, map)| {
                let fd = Map::duplicate_descriptor(map)?;
                let name = name.to_owned();
                Ok(Given { name, fd })
            })
            .collect()
    }

    pub(crate) fn pins_maps(&self) -> bool {
        !self.map_pin_paths.is_empty()
    }

    pub(crate) fn pin_directory(&self) -> Option<&Path> {
        self.pin_directory.as_deref()
    }

    pub(crate) fn map_pin_path_of(&self, name: &str) -> Option<&Path> {
        last(&self.map_pin_paths, name).map(PathBuf::as_path)
    }

    pub(crate) fn max_entries_of(&self, name: &str) -> Option<u32> {
        last(&self.max_entries, name).copied()
    }

    fn can_be_taken_back(&self) -> bool {
        !self.allow_unsupported_maps && self.extensions.is_empty()
    }

    /// Sets what the next call sets anew.
    fn apply_for_now(&self, loader: &mut AyaLoader<'_>) {
        loader.btf(None); // Objects come relocated; what it has parsed is some 13 MB.
        let level = self
            .verifier_log_level
            .map(VerifierLogLevel::from_bits_truncate);
        loader.verifier_log_level(level.unwrap_or_default());
    }

    fn apply<'a>(&'a self, loader: &mut AyaLoader<'a>) {
        if self.allow_unsupported_maps {
            loader.allow_unsupported_maps();
        }
        for name in &self.extensions {
            loader.extension(name);
        }
        self.apply_for_now(loader);
    }
}

/// Opening does not wait for one that another thread has: more would seldom be used.
const MAX_SPARE_LOADERS: usize = 1;

fn spare_loaders() -> std::sync::MutexGuard<'static, Vec<AyaLoader<'static>>> {
    static SPARE: Mutex<Vec<AyaLoader<'static>>> = Mutex::new(Vec::new());
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As in aya, the last setting of a name holds.
fn last<'a, T>(settings: &'a [(String, T)], name: &str) -> Option<&'a T> {
    settings
        .iter()
        .rev()
        .find(|(set, _)| set == name)
        .map(|(_, value)| value)
}

/// Builder for advanced loading: aya's `EbpfLoader`. It can open several objects.
#[napi]
#[derive(Default)]
pub struct EbpfLoader {
    options: Mutex<LoadOptions>,
}

#[napi]
impl EbpfLoader {
    /// A loader with the defaults.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another loader with the options that this one has now.
    #[napi]
    pub fn copy(&self, env: Env) -> napi::Result<EbpfLoader> {
        guard(env, || {
            let options = Mutex::new(self.snapshot());
            Ok(Self { options })
        })
    }

    /// Relocates against this BTF instead of the running kernel's; `null` turns relocation off.
    #[napi]
    pub fn btf(&self, env: Env, btf: Option<&Btf>) -> napi::Result<()> {
        guard(env, || {
            self.options().btf =
                btf.map_or(TargetBtf::Nothing, |btf| TargetBtf::Given(btf.share()));
            Ok(())
        })
    }

    /// Opens objects with maps of types that aya does not know; such maps can be read as bytes.
    #[napi]
    pub fn allow_unsupported_maps(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            self.options().allow_unsupported_maps = true;
            Ok(())
        })
    }

    /// Where maps that are pinned by name live. Default: `/sys/fs/bpf`. The directory must exist.
    #[napi]
    pub fn default_map_pin_directory(
        &self,
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<()> {
        guard(env, || {
            self.options().pin_directory = Some(args::path("path", &path)?);
            Ok(())
        })
    }

    /// Sets the initial value of a global variable.
    ///
    /// @param value As many bytes as the variable has, in this machine's byte order.
    /// @param mustExist Whether an object without such a variable is refused.
    #[napi]
    pub fn override_global(
        &self,
        env: Env,
        name: String,
        value: &[u8],
        must_exist: bool,
    ) -> napi::Result<()> {
        guard(env, || {
            let name = args::name("name", name)?;
            self.options().globals.push(Global {
                name,
                value: value.to_vec(),
                must_exist,
            });
            Ok(())
        })
    }

    /// Sets how many entries a map has room for. A name that the object does not have is ignored, as aya does.
    #[napi]
    pub fn map_max_entries(&self, env: Env, name: String, max_entries: f64) -> napi::Result<()> {
        guard(env, || {
            let name = args::name("name", name)?;
            let max_entries = args::integer("maxEntries", max_entries, 0, u32::MAX)?;
            self.options().max_entries.push((name, max_entries));
            Ok(())
        })
    }

    /// Uses the map that is pinned at `path`, or pins the new one there. The pinned map must have the same shape.
    #[napi]
    pub fn map_pin_path(
        &self,
        env: Env,
        name: String,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<()> {
        guard(env, || {
            let setting = (args::name("name", name)?, args::path("path", &path)?);
            self.options().map_pin_paths.push(setting);
            Ok(())
        })
    }

    /// Treats the program of this name as an extension (`freplace`), whatever its section says.
    #[napi]
    pub fn extension(&self, env: Env, name: String) -> napi::Result<()> {
        guard(env, || {
            let name = args::name("name", name)?;
            self.options().extensions.push(name);
            Ok(())
        })
    }

    /// What the verifier logs when it refuses a program: the sum of 1 (debug) or 3 (verbose) and 4 (statistics); 0 is
    /// nothing. Default: 5.
    #[napi]
    pub fn verifier_log_level(&self, env: Env, level: f64) -> napi::Result<()> {
        guard(env, || {
            self.options().verifier_log_level =
                Some(args::integer("level", level, 0, MAX_LOG_LEVEL)?);
            Ok(())
        })
    }

    /// Uses this map for the one of this name, which must have the same shape. It must be open when something is loaded,
    /// and may be closed afterwards.
    #[napi]
    pub fn use_map(&self, env: Env, name: String, map: &MapData) -> napi::Result<()> {
        guard(env, || {
            let setting = (args::name("name", name)?, map.share());
            self.options().maps.push(setting);
            Ok(())
        })
    }

    /// Opens an object: parses, relocates and creates its maps. Loads no program.
    ///
    /// @param path Where the object comes from, for errors.
    /// @throws `ERR_EBPF_PARSE`, `ERR_EBPF_BTF`, `ERR_EBPF_RELOCATION`, `ERR_EBPF_MAP`, `ERR_EBPF_PERMISSION`,
    ///   `ERR_EBPF_UNSUPPORTED`; `ERR_EBPF_CLOSED` for a map to use that is closed.
    #[napi]
    pub fn load(
        &self,
        env: Env,
        data: &[u8],
        #[napi(ts_arg_type = "string | Uint8Array | null")] path: Option<PathArg>,
    ) -> napi::Result<Ebpf> {
        guard(env, || {
            let options = self.snapshot();
            let given = options.given_maps()?;
            Ebpf::open(&Source::copied(data, path.as_ref())?, &options, &given)
        })
    }

    /// `load` on a thread of libuv's pool. The data is copied first.
    #[napi(ts_return_type = "Promise<Ebpf>")]
    pub fn load_async(
        &self,
        env: Env,
        data: Uint8Array,
        #[napi(ts_arg_type = "string | Uint8Array | null")] path: Option<PathArg>,
    ) -> napi::Result<AsyncTask<OpenTask>> {
        guard(env, || {
            let options = self.snapshot();
            let given = options.given_maps()?;
            let source = Source::copied(&data, path.as_ref())?;
            Ok(OpenTask::start(source, options, given))
        })
    }
}

impl EbpfLoader {
    /// Objects are opened with the options as they are at that moment.
    fn snapshot(&self) -> LoadOptions {
        self.options().clone()
    }

    fn options(&self) -> std::sync::MutexGuard<'_, LoadOptions> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
