//! What went wrong, and its one way to JavaScript.

use std::{cell::RefCell, io};

use napi::{
    Env, JsValue as _, Status, Unknown,
    bindgen_prelude::{Function, FunctionRef, Object},
    sys::napi_value,
};
use napi_derive::napi;

use crate::{
    guard::guard,
    sys::{self, ErrorClass, Interrupted, Property},
};

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
    Conflict = "ERR_EBPF_CONFLICT",
    File = "ERR_EBPF_FILE",
    Internal = "ERR_EBPF_INTERNAL",
    Load = "ERR_EBPF_LOAD",
    Map = "ERR_EBPF_MAP",
    NotAttached = "ERR_EBPF_NOT_ATTACHED",
    NotFound = "ERR_EBPF_NOT_FOUND",
    NotLoaded = "ERR_EBPF_NOT_LOADED",
    Parse = "ERR_EBPF_PARSE",
    Permission = "ERR_EBPF_PERMISSION",
    Pin = "ERR_EBPF_PIN",
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
    Number(u32),
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

    pub(crate) fn number(mut self, name: &'static str, value: u32) -> Self {
        self.details.push((name, Detail::Number(value)));
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

    /// Throws the JavaScript error: made by the factory of the TypeScript layer, or plain. What comes back tells napi that
    /// it is thrown already.
    pub(crate) fn throw(&self, env: Env) -> napi::Error {
        let thrown = self
            .to_js(&env)
            .and_then(|error| sys::js_throw(&env, error));
        // If not ours, then another exception is on its way: that of a factory, or of a full stack.
        if thrown.is_ok() || sys::js_exception_is_pending(&env) {
            napi::Error::new(Status::PendingException, String::new())
        } else {
            napi::Error::from_reason(self.message.clone())
        }
    }

    /// The JavaScript error, for a promise to be rejected with.
    pub(crate) fn reject(&self, env: Env) -> napi::Error {
        match self.to_js(&env) {
            Ok(error) => napi::Error::from_unknown_without_coercion(sys::js_unknown(&env, error)),
            Err(_) => napi::Error::from_reason(self.message.clone()),
        }
    }

    fn to_js(&self, env: &Env) -> std::result::Result<napi_value, Interrupted> {
        let factory = FACTORY.with_borrow(|factory| match factory {
            Some(factory) => factory
                .borrow_back(env)
                .map(Some)
                .map_err(|_error| Interrupted),
            None => Ok(None),
        })?;
        let mut properties = self.properties();
        match factory {
            Some(factory) => {
                properties.push(("message", Property::Text(&self.message)));
                sys::js_call(env, factory.raw(), sys::js_object(env, &properties)?)
            }
            None => sys::js_error(env, self.class(), &self.message, &properties),
        }
    }

    fn class(&self) -> ErrorClass {
        match self.code {
            Code::ArgValue => ErrorClass::TypeError,
            Code::OutOfRange => ErrorClass::RangeError,
            _ => ErrorClass::Error,
        }
    }

    fn properties(&self) -> Vec<(&str, Property<'_>)> {
        let mut properties = vec![("code", Property::Text(self.code.as_str()))];
        if let Some(syscall) = self.syscall {
            properties.push(("syscall", Property::Text(syscall)));
        }
        if let Some(errno) = self.errno {
            properties.push(("errno", Property::Number(-errno)));
        }
        if !self.causes.is_empty() {
            properties.push(("causes", Property::Texts(&self.causes)));
        }
        for (name, detail) in &self.details {
            let property = match detail {
                Detail::Text(text) => Property::Text(text),
                Detail::Texts(texts) => Property::Texts(texts),
                Detail::Number(number) => {
                    Property::Number(i32::try_from(*number).unwrap_or(i32::MAX))
                }
            };
            properties.push((name, property));
        }
        properties
    }
}

impl From<ayajs_object::Error> for Error {
    fn from(refusal: ayajs_object::Error) -> Self {
        let code = match refusal.kind {
            ayajs_object::Kind::Btf => Code::Btf,
            ayajs_object::Kind::NotFound => Code::NotFound,
            ayajs_object::Kind::OutOfRange => Code::OutOfRange,
            ayajs_object::Kind::Parse => Code::Parse,
            ayajs_object::Kind::Unsupported => Code::Unsupported,
        };
        let error = Self::new(code, refusal.message);
        let error = match refusal.section {
            Some(section) => error.text("section", section),
            None => error,
        };
        // An offset that is no place in any file is told by the message alone.
        match refusal.offset.map(i32::try_from) {
            Some(Ok(offset)) => error.number("offset", offset.unsigned_abs()),
            _ => error,
        }
    }
}

type Factory = FunctionRef<Object<'static>, Unknown<'static>>;

thread_local! {
    static FACTORY: RefCell<Option<Factory>> = const { RefCell::new(None) };
}

/// Has native failures made into errors by `factory`, for this thread. For the TypeScript layer.
///
/// @param factory Gets `{ code, message, syscall?, errno?, causes?, … }` and returns the error to throw.
#[napi(strict, ts_args_type = "factory: (failure: object) => Error")]
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
