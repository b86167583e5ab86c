//! What one operator needs to run: tickets, a validator's own reports, the numbered events. They never decide.

use agon_types::event::{Event, Numbered};
use agon_types::{ChallengeId, Digest, Epoch, Height, JobId, Report, SubmissionId, TimeMs};
use async_trait::async_trait;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the records cannot be read or written: {0}")]
    Storage(String),
}

/// The right to upload one artifact, and the announcement that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub submission: SubmissionId,
    /// The encoded, signed announcement.
    pub announcement: Vec<u8>,
    pub artifact: Digest,
    pub size_bytes: u64,
    /// The secret part of the upload's address.
    pub token: String,
    pub created_at: TimeMs,
    pub expires_at: TimeMs,
    pub uploaded_at: Option<TimeMs>,
}

/// A report that this validator made, with the salt that hides it until the reveal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReport {
    pub report: Report,
    pub salt: [u8; 32],
}

/// What one `observe` was for: all submissions of an epoch are scored over the same recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    pub challenge: ChallengeId,
    pub version: u32,
    pub epoch: Epoch,
    pub benchmark: String,
}

/// The intent to set the weights of an epoch, written before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub epoch: Epoch,
    pub seal: Digest,
    /// The chain block in which the weights stand, once they do.
    pub set_at: Option<u64>,
}

/// The records of one node.
#[async_trait]
pub trait Records: Send + Sync + 'static {
    /// Keeps a ticket; one for the same submission is replaced only if nothing was uploaded for it.
    async fn put_ticket(&self, ticket: Ticket) -> Result<Ticket, Error>;
    async fn ticket(&self, submission: SubmissionId) -> Result<Option<Ticket>, Error>;
    async fn ticket_by_token(&self, token: String) -> Result<Option<Ticket>, Error>;
    async fn mark_uploaded(&self, submission: SubmissionId, at: TimeMs) -> Result<(), Error>;
    /// Tickets that are neither expired nor announced, oldest first.
    async fn open_tickets(&self, now: TimeMs, count_max: usize) -> Result<Vec<Ticket>, Error>;
    /// Forgets a ticket whose submission is announced, or all that expired before a time.
    async fn remove_ticket(&self, submission: SubmissionId) -> Result<(), Error>;
    async fn remove_expired_tickets(&self, before: TimeMs) -> Result<u64, Error>;

    /// Keeps a report durably before its commit is sent; the first one of a job stands, and is returned.
    async fn keep_report(&self, own: OwnReport) -> Result<OwnReport, Error>;
    async fn own_report(&self, job: JobId) -> Result<Option<OwnReport>, Error>;
    /// Keeps the digest of a recording; the first one stands, and is returned.
    async fn keep_recording(&self, of: Observed, recording: Digest) -> Result<Digest, Error>;
    async fn recording(&self, of: Observed) -> Result<Option<Digest>, Error>;
    /// Forgets reports and recordings of epochs before this one, and says how many.
    async fn remove_reports(&self, before: Epoch) -> Result<u64, Error>;

    async fn put_intent(&self, intent: Intent) -> Result<(), Error>;
    async fn intent(&self, epoch: Epoch) -> Result<Option<Intent>, Error>;

    /// Numbers and keeps the events of a block. The same height again changes nothing and gives the same numbers; a
    /// height that leaves one out is an error, so that no event is lost unseen.
    async fn append_events(
        &self,
        height: Height,
        at: TimeMs,
        events: Vec<Event>,
    ) -> Result<Vec<Numbered>, Error>;
    /// Numbers and keeps an event of this node itself, which no block tells.
    async fn append_own_event(&self, at: TimeMs, event: Event) -> Result<Numbered, Error>;
    /// Events after a number, in order.
    async fn events_after(&self, after: u64, count_max: usize) -> Result<Vec<Numbered>, Error>;
    /// The number of the last event; 0 when there is none.
    async fn last_event(&self) -> Result<u64, Error>;
    /// The height up to which events are kept.
    async fn projected_height(&self) -> Result<Height, Error>;
    /// A nonce counts once: false if this key used it before.
    async fn use_nonce(&self, key: String, nonce: String, at: TimeMs) -> Result<bool, Error>;
}

#[cfg(feature = "contract")]
pub mod contract;
