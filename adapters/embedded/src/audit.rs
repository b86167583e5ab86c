//! The audit log as files: lines that only grow, each holding the hash of the one before.
//!
//! A run has two lines: one before it begins, and one after it ended, which names the first. So a run that was cut, with
//! its node or by it, shows as begun and not ended. The second tells which calls the keeper of the cage saw go out, and
//! which the cage tells of itself.
//!
//! A line stands on the disk when `append` returns; runs that wait at the same time share one flush. A stretch
//! of 64 MiB is followed by the next one, and the file `head` says where the log ends. If a disk is full, lines are
//! lost and the node goes on: it says so once, and the log tells how many when it can be written again.
//!
//! [`verify`] finds every edit, removal, insertion and exchange of lines or files, and lines that were removed from
//! the end, since the head names the last. It cannot find what someone does who may write the folder and computes
//! every hash from there to the head anew, or who removes the whole folder. Against that helps only a head that was
//! noted elsewhere, which `verify` takes too. After a power cut the head may be some seconds older than the lines, and
//! protects only those up to it until the next start.

mod files;
mod line;
mod verify;
mod writer;

pub use line::{Called, Entry, Head, Witness};
pub use verify::{Broken, Count, Summary, each, verify};

use crate::blocking;
use crate::limits::{AUDIT_FILE_BYTES_MAX, AUDIT_WAITING_MAX};
use agon_port::audit::{Error, Line};
use agon_port::{Audit, Clock};
use async_trait::async_trait;
use line::Draft;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use writer::Writer;

/// The log in a folder. Clones share it; one process has it at a time.
#[derive(Clone)]
pub struct AuditFile {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    waiting: Mutex<Waiting>,
    writer: Mutex<Writer>,
}

type Reply = oneshot::Sender<Result<u64, Error>>;

#[derive(Default)]
struct Waiting {
    drafts: Vec<Draft>,
    replies: Vec<Reply>,
    /// Someone is on the way to write what waits.
    called: bool,
}

impl AuditFile {
    /// Opens the folder, which is made if it is missing.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::with(folder, clock, AUDIT_FILE_BYTES_MAX)
    }

    fn with(folder: &Path, clock: Arc<dyn Clock>, stretch_bytes_max: u64) -> Result<Self, Error> {
        let told = |error| Error(format!("{}: {error}", folder.display()));
        let writer = Writer::open(folder, stretch_bytes_max).map_err(told)?;
        let shared = Shared { clock, waiting: Mutex::default(), writer: Mutex::new(writer) };
        // What the start found becomes a line; if it cannot yet, it goes before the first that can.
        shared.write();
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where the log ends.
    pub fn head(&self) -> Head {
        lock(&self.shared.writer).head()
    }
}

impl Shared {
    /// Writes all that waits. Whoever comes after the look at what waits is written by the next one.
    fn write(&self) {
        let mut writer = lock(&self.writer);
        let Waiting { drafts, replies, called: _ } = std::mem::take(&mut *lock(&self.waiting));
        let failing = writer.lost() > 0;
        let (numbers, result) = writer.append(drafts, self.clock.now());
        match (&result, failing) {
            (Err(error), false) => {
                tracing::error!(%error, "the audit log cannot be written: runs go on without their lines");
            }
            (Ok(()), true) => tracing::warn!("the audit log can be written again"),
            _ => {}
        }
        drop(writer);
        let failure = result.err().map_or_else(String::new, |error| error.to_string());
        let numbers = numbers.map(Some).chain(std::iter::repeat(None));
        for (reply, number) in replies.into_iter().zip(numbers) {
            // Whoever does not wait any longer does not need to know.
            let _ = reply.send(number.ok_or_else(|| Error(failure.clone())));
        }
    }
}

#[async_trait]
impl Audit for AuditFile {
    async fn append(&self, line: Line) -> Result<u64, Error> {
        let draft = Draft::new(line, self.shared.clock.now());
        let (reply, told) = oneshot::channel();
        let goes = {
            let mut waiting = lock(&self.shared.waiting);
            if waiting.drafts.len() >= AUDIT_WAITING_MAX {
                return Err(Error(format!("{AUDIT_WAITING_MAX} lines already wait for the disk")));
            }
            waiting.drafts.push(draft);
            waiting.replies.push(reply);
            !std::mem::replace(&mut waiting.called, true)
        };
        if goes {
            let shared = self.shared.clone();
            if let Err(problem) = blocking::run(move || shared.write()).await {
                // Nobody is on the way any more; those who waited learn it as their replies are dropped.
                *lock(&self.shared.waiting) = Waiting::default();
                return Err(Error(problem));
            }
        }
        told.await.unwrap_or_else(|_| Err(Error("its writer has stopped".to_owned())))
    }
}

/// A writer that panicked has not moved its head, so the next one goes on from there.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
