//! The one thread of an environment that waits for ring buffers, and its one way to wake JavaScript up.

use std::{
    cell::RefCell,
    io,
    os::fd::BorrowedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use napi::{
    Env, Status,
    bindgen_prelude::Function,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::{
    error::{Code, Error, Result},
    guard::{catch, guard},
    sys::{Epoll, EventFd},
};

/// Calls a function of JavaScript with the names of rings that have something to read. Weak: it keeps no process alive.
type Waker = ThreadsafeFunction<(), (), Vec<u32>, Status, false, true>;

/// What the names of rings are never.
const STOP: u64 = u64::MAX;
/// The thread calls `epoll_wait` and little else.
const STACK: usize = 128 * 1024;

/// Waits for the rings of one environment, while there are any.
pub(crate) struct Poller {
    epoll: Epoll,
    stop: EventFd,
    wakeups: Arc<Wakeups>,
    waker: Waker,
    crew: Mutex<Crew>,
}

/// The thread, and for how many rings it is there.
#[derive(Default)]
struct Crew {
    rings: usize,
    thread: Option<JoinHandle<()>>,
}

/// Names on their way to JavaScript. One call is under way at most, however many rings become readable meanwhile.
#[derive(Default)]
struct Wakeups {
    names: Mutex<Vec<u32>>,
    called: AtomicBool,
}

impl Poller {
    fn new(waker: &Function<Vec<u32>, ()>) -> Result<Self> {
        let wakeups = Arc::new(Wakeups::default());
        let taken = Arc::clone(&wakeups);
        let waker = waker
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .build_callback(move |_context| Ok(taken.take()))
            .map_err(|error| Error::internal(error.reason.clone()))?;
        let open = || {
            let (epoll, stop) = (Epoll::new()?, EventFd::new()?);
            epoll.add(&stop, STOP)?;
            Ok((epoll, stop))
        };
        let (epoll, stop) = open().map_err(|error: io::Error| failed("epoll_create1", &error))?;
        Ok(Self {
            epoll,
            stop,
            wakeups,
            waker,
            crew: Mutex::default(),
        })
    }

    /// Adds a ring under a name, not armed; starts the thread for the first one.
    pub(crate) fn add(self: &Arc<Self>, ring: BorrowedFd<'_>, name: u32) -> Result<()> {
        let mut crew = self.crew();
        self.epoll
            .add(ring, u64::from(name))
            .map_err(|error| failed("epoll_ctl", &error))?;
        if crew.thread.is_none() {
            let started = self.epoll.arm(&self.stop, STOP).and_then(|()| self.start());
            match started {
                Ok(thread) => crew.thread = Some(thread),
                Err(error) => {
                    drop(self.epoll.remove(ring)); // There is no thread that could meet it.
                    return Err(failed("pthread_create", &error));
                }
            }
        }
        crew.rings += 1;
        Ok(())
    }

    /// Has JavaScript woken up once, when the ring is or becomes readable.
    pub(crate) fn arm(&self, ring: BorrowedFd<'_>, name: u32) -> Result<()> {
        self.epoll
            .arm(ring, u64::from(name))
            .map_err(|error| failed("epoll_ctl", &error))
    }

    /// Takes a ring out, wakes up who waits for it, and stops the thread after the last one.
    pub(crate) fn remove(&self, ring: BorrowedFd<'_>, name: u32) {
        let thread = {
            let mut crew = self.crew();
            drop(self.epoll.remove(ring)); // Fails for what is not there only.
            crew.rings = crew.rings.saturating_sub(1);
            if crew.rings == 0 {
                crew.thread.take()
            } else {
                None
            }
        };
        self.join(thread);
        self.wake(&[name]);
    }

    fn start(self: &Arc<Self>) -> io::Result<JoinHandle<()>> {
        let poller = Arc::clone(self);
        thread::Builder::new()
            .name(String::from("ayajs-events"))
            .stack_size(STACK)
            .spawn(move || {
                // A panic must not end the process; the rings are silent then.
                drop(catch(|| {
                    poller.run();
                    Ok(())
                }));
            })
    }

    fn run(&self) {
        let mut ready = Vec::new();
        while self.epoll.wait(&mut ready).is_ok() {
            if ready.contains(&STOP) {
                return;
            }
            let names: Vec<u32> = ready
                .iter()
                .filter_map(|name| u32::try_from(*name).ok())
                .collect();
            self.wake(&names);
        }
    }

    fn wake(&self, names: &[u32]) {
        if names.is_empty() || !self.wakeups.add(names) {
            return;
        }
        // Refused when the environment ends: nobody is there to be woken up.
        let _status = self.waker.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn stop(&self) {
        let thread = self.crew().thread.take();
        self.join(thread);
    }

    fn join(&self, thread: Option<JoinHandle<()>>) {
        if let Some(thread) = thread
            && self.stop.signal().is_ok()
        {
            drop(thread.join()); // It has caught its panics.
            self.stop.reset();
        }
    }

    fn crew(&self) -> MutexGuard<'_, Crew> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wakeups {
    /// Whether a call has to be made for them.
    fn add(&self, names: &[u32]) -> bool {
        self.names().extend_from_slice(names);
        !self.called.swap(true, Ordering::SeqCst)
    }

    /// On the JavaScript thread. The flag first: what is added from here on makes a call of its own.
    fn take(&self) -> Vec<u32> {
        self.called.store(false, Ordering::SeqCst);
        std::mem::take(&mut *self.names())
    }

    fn names(&self) -> MutexGuard<'_, Vec<u32>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static POLLER: RefCell<Option<Arc<Poller>>> = const { RefCell::new(None) };
}

/// The poller of the current environment.
pub(crate) fn poller() -> Result<Arc<Poller>> {
    POLLER.with_borrow(Clone::clone).ok_or_else(|| {
        Error::new(
            Code::NotFound,
            "nobody has said whom to wake up: call setRingWaker first",
        )
    })
}

/// Has `waker` called with the names of ring buffers that became readable, or were closed, for this thread. It must not
/// throw. For the TypeScript layer, once.
#[napi(strict, ts_args_type = "waker: (names: number[]) => void")]
pub fn set_ring_waker(env: Env, waker: Function<Vec<u32>, ()>) -> napi::Result<()> {
    guard(env, || {
        let poller = Arc::new(Poller::new(&waker)?);
        // Runs before Node ends the thread-safe function, which was made earlier, and with it what the thread calls.
        let hook = env.add_env_cleanup_hook(Arc::clone(&poller), |poller| {
            poller.stop();
            POLLER.set(None);
        });
        hook.map_err(|error| Error::internal(error.reason.clone()))?;
        POLLER.set(Some(poller));
        Ok(())
    })
}

fn failed(syscall: &'static str, error: &io::Error) -> Error {
    let message = format!("cannot wait for ring buffers: {syscall}: {error}");
    Error::command(Code::Syscall, message, syscall, error)
}
