//! `Ebpf`: an open object, as JavaScript holds it.

use std::{
    borrow::Cow,
    path::PathBuf,
    sync::{Arc, Weak},
};

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Uint8Array},
};
use napi_derive::napi;

use crate::{
    args::{self, PathArg},
    error::{Code, Error, Result},
    guard::{catch, guard},
    loader::LoadOptions,
    maps::MapData,
    open::{self, Object},
    programs::Program,
    registry::{self, Owned},
};

/// An open object with its programs and maps: aya's `Ebpf`.
///
/// It stays open until `close()` or the end of its environment: losing the handle closes nothing.
#[napi]
pub struct Ebpf {
    object: Weak<Object>,
}

#[napi]
impl Ebpf {
    /// Opens an object with the defaults of `EbpfLoader`: parses, relocates and creates its maps. Loads no program.
    ///
    /// @throws as `EbpfLoader.load`.
    #[napi]
    pub fn load(env: Env, data: &[u8]) -> napi::Result<Ebpf> {
        guard(env, || {
            Self::open(&Source::borrowed(data), &LoadOptions::default())
        })
    }

    /// Opens an object from a file.
    ///
    /// @throws `ERR_EBPF_FILE`, and as `EbpfLoader.load`.
    #[napi]
    pub fn load_file(
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<Ebpf> {
        guard(env, || {
            Self::open(&Source::file(&path)?, &LoadOptions::default())
        })
    }

    /// `load` on a thread of libuv's pool. The data is copied first.
    #[napi(ts_return_type = "Promise<Ebpf>")]
    pub fn load_async(env: Env, data: Uint8Array) -> napi::Result<AsyncTask<OpenTask>> {
        guard(env, || {
            Ok(OpenTask::start(
                Source::bytes(&data),
                LoadOptions::default(),
            ))
        })
    }

    /// `loadFile` on a thread of libuv's pool.
    #[napi(ts_return_type = "Promise<Ebpf>")]
    pub fn load_file_async(
        env: Env,
        #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
    ) -> napi::Result<AsyncTask<OpenTask>> {
        guard(env, || {
            Ok(OpenTask::start(
                Source::file(&path)?,
                LoadOptions::default(),
            ))
        })
    }

    /// The program of this name, or `null`.
    #[napi]
    pub fn program(&self, env: Env, name: String) -> napi::Result<Option<Program>> {
        guard(env, || {
            Ok(self.object()?.programs().get(&name).map(Program::new))
        })
    }

    /// The names of the programs, sorted.
    #[napi]
    pub fn program_names(&self, env: Env) -> napi::Result<Vec<String>> {
        guard(env, || {
            Ok(self.object()?.programs().keys().cloned().collect())
        })
    }

    /// The map of this name, or `null`; also when it has been taken.
    #[napi]
    pub fn map(&self, env: Env, name: String) -> napi::Result<Option<MapData>> {
        guard(env, || {
            Ok(self.object()?.maps().get(&name).map(MapData::new))
        })
    }

    /// The names of the maps that have not been taken, sorted.
    #[napi]
    pub fn map_names(&self, env: Env) -> napi::Result<Vec<String>> {
        guard(env, || Ok(self.object()?.maps().keys().cloned().collect()))
    }

    /// Takes a map out: it stays open after `close()`, until its own `close()`. `null` when there is none.
    #[napi]
    pub fn take_map(&self, env: Env, name: String) -> napi::Result<Option<MapData>> {
        guard(env, || {
            Ok(self.object()?.maps().remove(&name).map(MapData::take))
        })
    }

    /// Detaches the links that the programs own, unloads the programs and closes the maps, except what was taken.
    /// A load that is running finishes first. Twice does nothing.
    #[napi]
    pub fn close(&self, env: Env) -> napi::Result<()> {
        guard(env, || {
            if let Some(object) = self.object.upgrade() {
                object.close();
                registry::release(&object);
            }
            Ok(())
        })
    }

    /// Whether `close()` has been called.
    #[napi(getter)]
    pub fn closed(&self, env: Env) -> napi::Result<bool> {
        guard(env, || {
            Ok(self
                .object
                .upgrade()
                .is_none_or(|object| object.is_closed()))
        })
    }
}

impl Ebpf {
    pub(crate) fn open(source: &Source<'_>, options: &LoadOptions) -> Result<Self> {
        Ok(Self::own(source.open(options)?))
    }

    /// A handle for an object that this environment's registry owns from now on.
    fn own(object: Arc<Object>) -> Self {
        let handle = Self {
            object: Arc::downgrade(&object),
        };
        registry::own(Owned::Object(object));
        handle
    }

    fn object(&self) -> Result<Arc<Object>> {
        let object = self
            .object
            .upgrade()
            .ok_or_else(|| Error::closed("the object"))?;
        object.open()?;
        Ok(object)
    }
}

/// What an object defines, sorted.
#[napi(object)]
pub struct ObjectNames {
    /// The names of its programs.
    pub programs: Vec<String>,
    /// The names of its maps, sections of global variables included.
    pub maps: Vec<String>,
}

/// The names in an object, without opening it: nothing is created.
///
/// @throws `ERR_EBPF_PARSE`, `ERR_EBPF_BTF`.
#[napi]
pub fn object_names(env: Env, data: &[u8]) -> napi::Result<ObjectNames> {
    guard(env, || Source::borrowed(data).names())
}

/// `objectNames` of a file.
///
/// @throws `ERR_EBPF_FILE`, and as `objectNames`.
#[napi]
pub fn object_names_of_file(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArg,
) -> napi::Result<ObjectNames> {
    guard(env, || Source::file(&path)?.names())
}

/// Where an object comes from.
pub(crate) enum Source<'a> {
    Bytes(Cow<'a, [u8]>),
    File(PathBuf),
}

impl<'a> Source<'a> {
    pub(crate) fn borrowed(data: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(data))
    }

    /// A copy, for another thread: JavaScript may change its own meanwhile.
    pub(crate) fn bytes(data: &Uint8Array) -> Source<'static> {
        Source::Bytes(Cow::Owned(data.to_vec()))
    }

    pub(crate) fn file(path: &PathArg) -> Result<Source<'static>> {
        Ok(Source::File(args::path("path", path)?))
    }

    fn open(&self, options: &LoadOptions) -> Result<Arc<Object>> {
        self.with_data(|what, data| Object::open_bytes(what, data, options))
    }

    fn names(&self) -> Result<ObjectNames> {
        self.with_data(|what, data| {
            let (mut programs, mut maps) = open::names(what, data)?;
            programs.sort();
            maps.sort();
            Ok(ObjectNames { programs, maps })
        })
    }

    /// Runs `run` with the bytes, and with what to call them in errors.
    fn with_data<T>(&self, run: impl FnOnce(&str, &[u8]) -> Result<T>) -> Result<T> {
        let path = match self {
            Self::Bytes(data) => return run("the object", data),
            Self::File(path) => path,
        };
        let data = std::fs::read(path).map_err(|error| {
            // Directories can be opened, and not be read.
            let is_directory = error.kind() == std::io::ErrorKind::IsADirectory;
            let syscall = if is_directory { "read" } else { "open" };
            let message = format!("cannot read {}: {error}", path.display());
            Error::command(Code::File, message, syscall, &error)
                .text("path", path.to_string_lossy())
        })?;
        run(&path.to_string_lossy(), &data)
            .map_err(|error| error.text_by_default("path", path.to_string_lossy()))
    }
}

/// Opens an object on libuv's pool.
pub struct OpenTask {
    source: Source<'static>,
    options: LoadOptions,
}

impl OpenTask {
    pub(crate) fn start(source: Source<'static>, options: LoadOptions) -> AsyncTask<Self> {
        AsyncTask::new(Self { source, options })
    }
}

impl Task for OpenTask {
    type Output = Result<Arc<Object>>;
    type JsValue = Ebpf;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(catch(|| self.source.open(&self.options)))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map(Ebpf::own).map_err(|error| error.reject(env))
    }
}
