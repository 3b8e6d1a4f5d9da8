//! `Ebpf`: an open object, as JavaScript holds it.

use std::sync::{Arc, Weak};

use napi::{Env, Task, bindgen_prelude::AsyncTask};
use napi_derive::napi;

use crate::{
    args::{self, PathArg},
    error::{Error, Result},
    guard::{catch, guard},
    inject::Given,
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
            let map = self.object()?.maps().get(&name)?;
            Ok(map.as_ref().map(MapData::new))
        })
    }

    /// The names of the maps that have not been taken, sorted.
    #[napi]
    pub fn map_names(&self, env: Env) -> napi::Result<Vec<String>> {
        guard(env, || Ok(self.object()?.maps().names()))
    }

    /// Takes a map out: it stays open after `close()`, until its own `close()`. `null` when there is none.
    #[napi]
    pub fn take_map(&self, env: Env, name: String) -> napi::Result<Option<MapData>> {
        guard(env, || {
            Ok(self.object()?.maps().take(&name)?.map(MapData::take))
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
    pub(crate) fn open(source: &Source, options: &LoadOptions, given: &[Given]) -> Result<Self> {
        Ok(Self::own(source.open(options, given)?))
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
/// @param path Where the object comes from, for errors.
/// @throws `ERR_EBPF_PARSE`, `ERR_EBPF_BTF`.
#[napi]
pub fn object_names(
    env: Env,
    data: &[u8],
    #[napi(ts_arg_type = "string | Uint8Array | null")] path: Option<PathArg>,
) -> napi::Result<ObjectNames> {
    guard(env, || Source::copied(data, path.as_ref())?.names())
}

/// The bytes of an object, and where they come from. They are a copy: JavaScript may change its own meanwhile, in shared
/// memory also while they are read.
pub(crate) struct Source {
    data: Vec<u8>,
    path: Option<String>,
}

impl Source {
    pub(crate) fn copied(data: &[u8], path: Option<&PathArg>) -> Result<Self> {
        Ok(Self {
            data: data.to_vec(),
            path: shown(path)?,
        })
    }

    fn open(&self, options: &LoadOptions, given: &[Given]) -> Result<Arc<Object>> {
        self.explain(Object::open_bytes(self.name(), &self.data, options, given))
    }

    fn names(&self) -> Result<ObjectNames> {
        let (mut programs, mut maps) = self.explain(open::names(self.name(), &self.data))?;
        programs.sort();
        maps.sort();
        Ok(ObjectNames { programs, maps })
    }

    /// What it is called in errors.
    fn name(&self) -> &str {
        self.path.as_deref().unwrap_or("the object")
    }

    fn explain<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match &self.path {
            Some(path) => error.text_by_default("path", path),
            None => error,
        })
    }
}

fn shown(path: Option<&PathArg>) -> Result<Option<String>> {
    path.map(|path| Ok(args::path("path", path)?.to_string_lossy().into_owned()))
        .transpose()
}

/// Opens an object on libuv's pool.
pub struct OpenTask {
    source: Source,
    options: LoadOptions,
    given: Vec<Given>,
}

impl OpenTask {
    pub(crate) fn start(
        source: Source,
        options: LoadOptions,
        given: Vec<Given>,
    ) -> AsyncTask<Self> {
        AsyncTask::new(Self {
            source,
            options,
            given,
        })
    }
}

impl Task for OpenTask {
    type Output = Result<Arc<Object>>;
    type JsValue = Ebpf;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let given = std::mem::take(&mut self.given); // Closed here, not when the promise is collected.
        Ok(catch(|| self.source.open(&self.options, &given)))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map(Ebpf::own).map_err(|error| error.reject(env))
    }
}
