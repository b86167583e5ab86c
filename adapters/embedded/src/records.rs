//! The records in one SQLite file: one writer, readers beside it, and nothing lost once it is acknowledged.

use crate::blocking;
use agon_port::Records;
use agon_port::records::{Error, Intent, Observed, OwnReport, Ticket};
use agon_types::event::{Event, Numbered};
use agon_types::{Digest, Epoch, Height, JobId, SubmissionId, TimeMs};
use async_trait::async_trait;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

mod events;
mod recordings;
mod reports;
mod schema;
mod tickets;

/// The records of one node. Clones share the file.
#[derive(Clone, Debug)]
pub struct SqliteRecords {
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
}

impl SqliteRecords {
    /// Opens a file, which is made if it is missing, for this user only: tickets and salts are secrets.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let open = || -> Result<Self, String> {
            schema::create_private(path).map_err(|error| error.to_string())?;
            let mut writer = schema::connect(path).map_err(|error| error.to_string())?;
            schema::migrate(&mut writer)?;
            let reader = schema::connect(path).map_err(|error| error.to_string())?;
            reader.pragma_update(None, "query_only", true).map_err(|error| error.to_string())?;
            Ok(Self { writer: Arc::new(Mutex::new(writer)), reader: Arc::new(Mutex::new(reader)) })
        };
        open().map_err(|text| Error::Storage(format!("{}: {text}", path.display())))
    }

    /// Runs one unit of work in one transaction: all of it is durable, or nothing of it happened.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let writer = Arc::clone(&self.writer);
        let run = move || {
            let mut writer = lock(&writer);
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        finished(blocking::run(run).await)
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let reader = Arc::clone(&self.reader);
        finished(blocking::run(move || work(&lock(&reader))).await)
    }
}

/// A transaction that panicked was rolled back when it was dropped, so the connection is whole.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn finished<T>(result: Result<rusqlite::Result<T>, String>) -> Result<T, Error> {
    result.map_err(Error::Storage)?.map_err(|error| Error::Storage(error.to_string()))
}

/// How many rows one read may ask for, as SQLite counts.
fn limit(count_max: usize) -> i64 {
    i64::try_from(count_max).unwrap_or(i64::MAX)
}

/// A stored value that this program cannot read back.
fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(error))
}

#[async_trait]
impl Records for SqliteRecords {
    async fn put_ticket(&self, ticket: Ticket) -> Result<Ticket, Error> {
        self.write(move |transaction| tickets::put(transaction, &ticket)).await
    }

    async fn ticket(&self, submission: SubmissionId) -> Result<Option<Ticket>, Error> {
        self.read(move |connection| tickets::by_submission(connection, submission)).await
    }

    async fn ticket_by_token(&self, token: String) -> Result<Option<Ticket>, Error> {
        self.read(move |connection| tickets::by_token(connection, &token)).await
    }

    async fn mark_uploaded(&self, submission: SubmissionId, at: TimeMs) -> Result<(), Error> {
        self.write(move |transaction| tickets::mark_uploaded(transaction, submission, at)).await
    }

    async fn open_tickets(&self, now: TimeMs, count_max: usize) -> Result<Vec<Ticket>, Error> {
        self.read(move |connection| tickets::open(connection, now, limit(count_max))).await
    }

    async fn remove_ticket(&self, submission: SubmissionId) -> Result<(), Error> {
        self.write(move |transaction| tickets::remove(transaction, submission)).await
    }

    async fn remove_expired_tickets(&self, before: TimeMs) -> Result<u64, Error> {
        self.write(move |transaction| tickets::remove_expired(transaction, before)).await
    }

    async fn keep_report(&self, own: OwnReport) -> Result<OwnReport, Error> {
        self.write(move |transaction| reports::keep(transaction, &own)).await
    }

    async fn own_report(&self, job: JobId) -> Result<Option<OwnReport>, Error> {
        self.read(move |connection| reports::by_job(connection, job)).await
    }

    async fn keep_recording(&self, of: Observed, recording: Digest) -> Result<Digest, Error> {
        self.write(move |transaction| recordings::keep(transaction, &of, recording)).await
    }

    async fn recording(&self, of: Observed) -> Result<Option<Digest>, Error> {
        self.read(move |connection| recordings::of(connection, &of)).await
    }

    async fn remove_reports(&self, before: Epoch) -> Result<u64, Error> {
        let both = move |transaction: &Transaction<'_>| {
            Ok(reports::remove(transaction, before)? + recordings::remove(transaction, before)?)
        };
        self.write(both).await
    }

    async fn put_intent(&self, intent: Intent) -> Result<(), Error> {
        self.write(move |transaction| reports::put_intent(transaction, &intent)).await
    }

    async fn intent(&self, epoch: Epoch) -> Result<Option<Intent>, Error> {
        self.read(move |connection| reports::intent(connection, epoch)).await
    }

    async fn append_events(
        &self,
        height: Height,
        at: TimeMs,
        events: Vec<Event>,
    ) -> Result<Vec<Numbered>, Error> {
        self.write(move |transaction| events::append(transaction, height, at, events)).await
    }

    async fn append_own_event(&self, at: TimeMs, event: Event) -> Result<Numbered, Error> {
        self.write(move |transaction| events::append_own(transaction, at, &event)).await
    }

    async fn events_after(&self, after: u64, count_max: usize) -> Result<Vec<Numbered>, Error> {
        self.read(move |connection| events::after(connection, after, limit(count_max))).await
    }

    async fn last_event(&self) -> Result<u64, Error> {
        self.read(events::last).await
    }

    async fn projected_height(&self) -> Result<Height, Error> {
        self.read(events::projected).await
    }

    async fn use_nonce(&self, key: String, nonce: String, at: TimeMs) -> Result<bool, Error> {
        self.write(move |transaction| events::use_nonce(transaction, &key, &nonce, at)).await
    }
}

#[cfg(test)]
mod tests;
