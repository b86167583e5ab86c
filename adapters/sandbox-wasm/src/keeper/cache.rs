//! Compiled code by the digest of its component: in memory, else on disk, else made. Whoever wants the same at the
//! same time waits for the same.

mod disk;
mod shelf;

use super::code::Code;
use super::compile::{Compilers, Made, Unmade};
use crate::limits::COMPILES_MAX;
use agon_port::sandbox::{Role, Unloadable};
use agon_types::Digest;
use disk::Disk;
use shelf::Shelf;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::watch;

/// Code, or why these bytes have none.
pub type Found = Result<Arc<Code>, Unloadable>;
/// The same, unless this machine could not find out.
type Answer = Result<Found, String>;

/// What the cache is made of.
#[derive(Debug)]
pub struct Parts<'p> {
    pub folder: &'p Path,
    pub disk_bytes_max: u64,
    pub memory_bytes_max: u64,
    /// Compilers that work at the same time.
    pub compilers_max: usize,
    /// Changes with whatever would make the same bytes compile to other code.
    pub compatibility: Digest,
}

/// The cache; clones are the same one.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    disk: Disk,
    /// Whose work is taken: that of this engine, made by this build.
    maker: (Digest, Digest),
    compilers: Arc<Compilers>,
    state: Mutex<State>,
    /// Compilers that may still start, and who waits for one to end.
    free: Mutex<usize>,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    shelf: Shelf,
    wanted: HashMap<Digest, watch::Receiver<Option<Answer>>>,
}

impl Cache {
    pub fn open(parts: &Parts<'_>, compilers: Arc<Compilers>) -> io::Result<Self> {
        let disk = Disk::open(parts.folder, parts.disk_bytes_max)?;
        let state = State { shelf: Shelf::new(parts.memory_bytes_max), wanted: HashMap::new() };
        Ok(Self(Arc::new(Shared {
            disk,
            maker: (parts.compatibility, compilers.build()),
            compilers,
            state: Mutex::new(state),
            free: Mutex::new(parts.compilers_max.max(1)),
            freed: Condvar::new(),
        })))
    }

    /// The code of a component. The work goes on if nobody waits for it any more, within its own limits: whoever asks
    /// next finds it done.
    pub async fn get(&self, role: Role, digest: Digest, bytes: &Arc<[u8]>) -> Answer {
        let name = Digest::tagged("agon/compiled", &(digest, role, self.0.maker));
        let mut waiting = match self.0.seek(name) {
            Sought::Found(found) => return Ok(found),
            Sought::Wanted(waiting) => waiting,
            Sought::Missing(teller, waiting) => {
                let (shared, bytes) = (self.0.clone(), bytes.clone());
                let work = move || shared.answer(&teller, name, role, &bytes);
                if let Err(error) = thread::Builder::new().name("agon-compile".to_owned()).spawn(work) {
                    self.0.state().wanted.remove(&name);
                    return Err(format!("no thread can be started: {error}"));
                }
                waiting
            }
            Sought::TooMany => return Err(format!("{COMPILES_MAX} components are being compiled already")),
        };
        let answer = waiting.wait_for(Option::is_some).await;
        let answer = answer.ok().and_then(|answer| answer.clone());
        answer.unwrap_or_else(|| Err("the thread that compiles has ended".to_owned()))
    }
}

enum Sought {
    Found(Found),
    Wanted(watch::Receiver<Option<Answer>>),
    Missing(Teller, watch::Receiver<Option<Answer>>),
    TooMany,
}

type Teller = watch::Sender<Option<Answer>>;

impl Shared {
    fn seek(&self, name: Digest) -> Sought {
        let mut state = self.state();
        if let Some(found) = state.shelf.get(&name) {
            return Sought::Found(found);
        }
        if let Some(waiting) = state.wanted.get(&name) {
            return Sought::Wanted(waiting.clone());
        }
        if state.wanted.len() >= COMPILES_MAX {
            return Sought::TooMany;
        }
        let (teller, waiting) = watch::channel(None);
        state.wanted.insert(name, waiting.clone());
        Sought::Missing(teller, waiting)
    }

    /// The work of one thread, for everybody who waits.
    fn answer(&self, teller: &Teller, name: Digest, role: Role, bytes: &[u8]) {
        let leaving = Leaving { shared: self, name };
        let found = self.find(name, role, bytes);
        let (found, is_remembered) = match found {
            Ok(found) => (Ok(found), true),
            Err(Unmade::Costly(why)) => (Ok(Err(why)), true),
            Err(Unmade::Starved(why)) => (Ok(Err(why)), false),
            Err(Unmade::Fault(error)) => (Err(error.to_string()), false),
        };
        if let (Ok(found), true) = (&found, is_remembered) {
            self.state().shelf.put(name, found.clone());
        }
        // Before anyone hears of it: whoever asks after that is told nothing that was not to be remembered.
        drop(leaving);
        teller.send_replace(Some(found));
    }

    fn find(&self, name: Digest, role: Role, bytes: &[u8]) -> Result<Found, Unmade> {
        if let Some(made) = self.on_disk(&name) {
            return Ok(made.map(Arc::new));
        }
        let _turn = self.turn();
        let _alone = self.disk.lock(&name).inspect_err(complain);
        // Another process may have made it while this one waited.
        if let Some(made) = self.on_disk(&name) {
            return Ok(made.map(Arc::new));
        }
        // What does not follow from the bytes alone leaves here, and is not kept.
        let made = self.compilers.make(role, bytes)?;
        let _ = self.disk.store(&name, &made).inspect_err(complain);
        Ok(made.map(Arc::new))
    }

    /// A disk that fails costs time, never a run.
    fn on_disk(&self, name: &Digest) -> Option<Made> {
        self.disk.load(name).inspect_err(complain).ok().flatten()
    }

    fn turn(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn complain(error: &io::Error) {
    tracing::warn!(%error, "the cache of compiled code does not work");
}

/// The right to compile, one of a few.
struct Turn<'s>(&'s Shared);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// Takes a name off the list of what is wanted, also when the thread panics.
struct Leaving<'s> {
    shared: &'s Shared,
    name: Digest,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.shared.state().wanted.remove(&self.name);
    }
}
