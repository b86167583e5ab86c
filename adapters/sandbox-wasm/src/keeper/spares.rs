//! Cages that have started before anybody needs them.

use super::cgroup::Root;
use super::process::{CageProgram, Process, Reaper};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// After a program could not be started, the pause before the next try.
const START_PAUSE: Duration = Duration::from_millis(50);

type Spare = Result<(Process, UnixStream), String>;

/// The thread that starts cages, and those that wait. The kernel ends a cage together with the thread that started
/// it, so this one lives as long as the keeper.
#[derive(Debug)]
pub struct Spares {
    ready: Mutex<Option<mpsc::Receiver<Spare>>>,
    thread: Option<JoinHandle<()>>,
}

impl Spares {
    /// Keeps so many waiting, at least one.
    pub fn start(
        count: usize,
        program: CageProgram,
        groups: Option<Arc<Root>>,
        reaper: Arc<Reaper>,
    ) -> io::Result<Self> {
        // One more is in the hand of the thread.
        let (ready, taken) = mpsc::channel::<Spare>(count.saturating_sub(1).max(1));
        let next = move || {
            let spare =
                Process::start(&program, groups.as_deref(), &reaper).map_err(|error| error.to_string());
            if let Err(error) = &spare {
                tracing::warn!(error, path = ?program.path, "a cage cannot be started");
                thread::sleep(START_PAUSE);
            }
            spare
        };
        let work = move || while !ready.is_closed() && ready.blocking_send(next()).is_ok() {};
        let thread = thread::Builder::new().name("agon-cages".to_owned()).spawn(work)?;
        Ok(Self { ready: Mutex::new(Some(taken)), thread: Some(thread) })
    }

    /// The next one, which may have died while it waited.
    pub async fn take(&self) -> Spare {
        let mut ready = self.ready.lock().await;
        let spare = match ready.as_mut() {
            Some(ready) => ready.recv().await,
            None => None,
        };
        spare.unwrap_or_else(|| Err("the thread that starts cages has ended".to_owned()))
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        *self.ready.get_mut() = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
