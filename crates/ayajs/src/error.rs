//! What went wrong, and its one way to JavaScript.

use std::{cell::RefCell, io};

use napi::{
    Env, JsError, JsRangeError, JsTypeError, JsValue as _, Unknown,
    bindgen_prelude::{Function, FunctionRef, Object},
};
use napi_derive::napi;

use crate::guard::guard;

/// What the crate's functions return.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! codes {
    ($($variant:ident = $code:literal),+ $(,)?) => {
        /// The codes that this crate throws. What each means, and what to do about it, is told in `src/errors.ts`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($variant),+ }

        impl Code {
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}

codes! {
    AlreadyLoaded = "ERR_EBPF_ALREADY_LOADED",
    Attach = "ERR_EBPF_ATTACH",
    Btf = "ERR_EBPF_BTF",
    Busy = "ERR_EBPF_BUSY",
    Closed = "ERR_EBPF_CLOSED",
    File = "ERR_EBPF_FILE",
    Internal = "ERR_EBPF_INTERNAL",
    Load = "ERR_EBPF_LOAD",
    Map = "ERR_EBPF_MAP",
    NotAttached = "ERR_EBPF_NOT_ATTACHED",
    NotFound = "ERR_EBPF_NOT_FOUND",
    NotLoaded = "ERR_EBPF_NOT_LOADED",
    Parse = "ERR_EBPF_PARSE",
    Permission = "ERR_EBPF_PERMISSION",
    Relocation = "ERR_EBPF_RELOCATION",
    Syscall = "ERR_EBPF_SYSCALL",
    TestRun = "ERR_EBPF_TEST_RUN",
    UnexpectedProgramType = "ERR_EBPF_UNEXPECTED_PROGRAM_TYPE",
    Unsupported = "ERR_EBPF_UNSUPPORTED",
    ArgValue = "ERR_INVALID_ARG_VALUE",
    OutOfRange = "ERR_OUT_OF_RANGE",
}

/// A failure with everything that its reader may need.
#[derive(Debug)]
pub struct Error {
    code: Code,
    message: String,
    syscall: Option<&'static str>,
    errno: Option<i32>,
    causes: Vec<String>,
    details: Vec<(&'static str, Detail)>,
}

#[derive(Debug)]
enum Detail {
    Text(String),
    Texts(Vec<String>),
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            syscall: None,
            errno: None,
            causes: Vec::new(),
            details: Vec::new(),
        }
    }

    /// A bpf(2) command that failed.
    pub(crate) fn command(
        code: Code,
        message: impl Into<String>,
        command: &'static str,
        error: &io::Error,
    ) -> Self {
        Self::new(code, message)
            .syscall(command)
            .errno(error.raw_os_error())
    }

    pub(crate) fn closed(what: &str) -> Self {
        Self::new(Code::Closed, format!("{what} has been closed"))
    }

    pub(crate) fn busy(what: &str) -> Self {
        Self::new(
            Code::Busy,
            format!("{what} is busy: an asynchronous load of the same object is running"),
        )
    }

    pub(crate) fn internal(panic: String) -> Self {
        Self::new(Code::Internal, format!("internal error: {panic}"))
    }

    pub(crate) fn syscall(mut self, syscall: &'static str) -> Self {
        self.syscall = Some(syscall);
        self
    }

    pub(crate) fn errno(mut self, errno: Option<i32>) -> Self {
        self.errno = errno;
        self
    }

    pub(crate) fn causes(mut self, causes: Vec<String>) -> Self {
        self.causes = causes;
        self
    }

    pub(crate) fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, Detail::Text(value.into())));
        self
    }

    /// [`Self::text`], unless that detail is there already.
    pub(crate) fn text_by_default(self, name: &'static str, value: impl Into<String>) -> Self {
        if self.details.iter().any(|(known, _)| *known == name) {
            self
        } else {
            self.text(name, value)
        }
    }

    pub(crate) fn texts(mut self, name: &'static str, values: Vec<String>) -> Self {
        self.details.push((name, Detail::Texts(values)));
        self
    }

    /// Puts `context` before the message.
    pub(crate) fn prefix(mut self, context: &str) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    pub(crate) fn recode(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn raw_os_error(&self) -> Option<i32> {
        self.errno
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The JavaScript error for a `#[napi]` function to return: made by the factory of the TypeScript layer, or plain.
    pub(crate) fn throw(&self, env: Env) -> napi::Error {
        match self.to_js(&env) {
            Ok(error) => napi::Error::from(error),
            Err(error) => error,
        }
    }

    fn to_js<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let factory = FACTORY.with_borrow(|factory| {
            factory
                .as_ref()
                .map(|factory| factory.borrow_back(env))
                .transpose()
        })?;
        match factory {
            Some(factory) => {
                let mut failure = Object::new(env)?;
                failure.set("message", self.message.as_str())?;
                self.describe(&mut failure)?;
                let value = factory.call(failure)?;
                Ok(value)
            }
            None => self.to_plain_js(env),
        }
    }

    fn to_plain_js<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let error = napi::Error::from_reason(self.message.clone());
        let env_copy = Env::from_raw(env.raw());
        let error = match self.code {
            Code::ArgValue => JsTypeError::from(error).into_unknown(env_copy),
            Code::OutOfRange => JsRangeError::from(error).into_unknown(env_copy),
            _ => JsError::from(error).into_unknown(env_copy),
        };
        let mut object = error.coerce_to_object()?;
        self.describe(&mut object)?;
        Ok(object.to_unknown())
    }

    fn describe(&self, object: &mut Object) -> napi::Result<()> {
        object.set("code", self.code.as_str())?;
        if let Some(syscall) = self.syscall {
            object.set("syscall", syscall)?;
        }
        if let Some(errno) = self.errno {
            object.set("errno", -errno)?;
        }
        if !self.causes.is_empty() {
            object.set("causes", self.causes.clone())?;
        }
        for (name, detail) in &self.details {
            match detail {
                Detail::Text(text) => object.set(*name, text.as_str())?,
                Detail::Texts(texts) => object.set(*name, texts.clone())?,
            }
        }
        Ok(())
    }
}

type Factory = FunctionRef<Object<'static>, Unknown<'static>>;

thread_local! {
    static FACTORY: RefCell<Option<Factory>> = const { RefCell::new(None) };
}

/// Has native failures made into errors by `factory`, for this thread. For the TypeScript layer.
///
/// @param factory Gets `{ code, message, syscall?, errno?, causes?, … }` and returns the error to throw.
#[napi(ts_args_type = "factory: (failure: object) => Error")]
pub fn set_error_factory(
    env: Env,
    factory: Function<Object<'static>, Unknown<'static>>,
) -> napi::Result<()> {
    let factory = factory.create_ref()?;
    guard(env, || {
        FACTORY.set(Some(factory));
        Ok(())
    })
}

/// Forgets the factory: its reference belongs to an environment that ends.
pub(crate) fn forget_factory() {
    FACTORY.set(None);
}
