//! Records that keep more than a block tells: a long series of events through a real node, without a thousand miners.

use agon_embedded::SqliteRecords;
use agon_port::Records;
use agon_port::records::{Error, Intent, Observed, OwnReport, Ticket};
use agon_types::event::{Event, Numbered};
use agon_types::{Digest, Epoch, Height, JobId, Score, SubmissionId, TimeMs};
use async_trait::async_trait;
use std::sync::atomic::{AtomicU64, Ordering};

/// The real records, and how many events the next block tells besides its own.
pub struct Crowd {
    pub records: SqliteRecords,
    pub more: AtomicU64,
}

/// One of many that differ.
pub fn event(n: u64) -> Event {
    Event::ScoreAgreed {
        challenge: "route".parse().expect("a slug"),
        submission: SubmissionId(Digest::of(&n.to_le_bytes())),
        epoch: Epoch(3),
        score: Score::new((n % 1_000_000_000) as u32).expect("less than one"),
    }
}

type Kept<T> = Result<T, Error>;

#[async_trait]
impl Records for Crowd {
    async fn append_events(&self, height: Height, at: TimeMs, events: Vec<Event>) -> Kept<Vec<Numbered>> {
        let more = (0..self.more.swap(0, Ordering::SeqCst)).map(event);
        self.records.append_events(height, at, more.chain(events).collect()).await
    }
    async fn append_own_event(&self, at: TimeMs, event: Event) -> Kept<Numbered> {
        self.records.append_own_event(at, event).await
    }
    async fn events_after(&self, after: u64, count_max: usize) -> Kept<Vec<Numbered>> {
        self.records.events_after(after, count_max).await
    }
    async fn last_event(&self) -> Kept<u64> {
        self.records.last_event().await
    }
    async fn projected_height(&self) -> Kept<Height> {
        self.records.projected_height().await
    }
    async fn put_ticket(&self, ticket: Ticket) -> Kept<Ticket> {
        self.records.put_ticket(ticket).await
    }
    async fn ticket(&self, submission: SubmissionId) -> Kept<Option<Ticket>> {
        self.records.ticket(submission).await
    }
    async fn ticket_by_token(&self, token: String) -> Kept<Option<Ticket>> {
        self.records.ticket_by_token(token).await
    }
    async fn mark_uploaded(&self, submission: SubmissionId, at: TimeMs) -> Kept<()> {
        self.records.mark_uploaded(submission, at).await
    }
    async fn open_tickets(&self, now: TimeMs, count_max: usize) -> Kept<Vec<Ticket>> {
        self.records.open_tickets(now, count_max).await
    }
    async fn remove_ticket(&self, submission: SubmissionId) -> Kept<()> {
        self.records.remove_ticket(submission).await
    }
    async fn remove_expired_tickets(&self, before: TimeMs) -> Kept<u64> {
        self.records.remove_expired_tickets(before).await
    }
    async fn keep_report(&self, own: OwnReport) -> Kept<OwnReport> {
        self.records.keep_report(own).await
    }
    async fn own_report(&self, job: JobId) -> Kept<Option<OwnReport>> {
        self.records.own_report(job).await
    }
    async fn keep_recording(&self, of: Observed, recording: Digest) -> Kept<Digest> {
        self.records.keep_recording(of, recording).await
    }
    async fn recording(&self, of: Observed) -> Kept<Option<Digest>> {
        self.records.recording(of).await
    }
    async fn remove_reports(&self, before: Epoch) -> Kept<u64> {
        self.records.remove_reports(before).await
    }
    async fn put_intent(&self, intent: Intent) -> Kept<()> {
        self.records.put_intent(intent).await
    }
    async fn intent(&self, epoch: Epoch) -> Kept<Option<Intent>> {
        self.records.intent(epoch).await
    }
    async fn use_nonce(&self, key: String, nonce: String, at: TimeMs) -> Kept<bool> {
        self.records.use_nonce(key, nonce, at).await
    }
}
