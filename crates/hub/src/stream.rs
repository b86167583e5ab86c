//! One listener's stream of events: what it asked for, and the task that writes to it.

use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use crate::time::rfc3339;
use agon_types::ChallengeId;
use agon_types::event::Numbered;
use axum::body::Bytes;
use futures_core::Stream;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Every type of event, now or announced in the interface.
#[rustfmt::skip]
pub(crate) const TYPES: &[&str] = &[
    "artifact.released", "block.decided", "board.changed", "candidate.approved", "candidate.proposed",
    "candidate.rejected", "candidate.unapproved", "challenge.changed", "challenge.proposed", "champion.changed",
    "episode.finished", "episode.started", "episode.step", "epoch.opened", "epoch.sealed", "evaluation.progress",
    "job.cancelled", "job.dead", "job.leased", "job.queued", "job.running", "job.succeeded", "registry.voted",
    "report.committed", "report.revealed", "score.agreed", "score.disputed", "stats.updated", "submission.announced",
    "submission.duplicate", "submission.evaluating", "submission.failed", "submission.undecided", "validator.absent",
    "validator.registered", "weights.set",
];

/// What a listener wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Exact types, and prefixes such as `submission.`; none is all.
    exact: Vec<String>,
    prefixes: Vec<String>,
    challenge: Option<ChallengeId>,
}

impl Filter {
    /// Reads `types=score.agreed,submission.*`. A type that there is not is refused: it would be silent for ever.
    pub fn new(types: Option<&str>, challenge: Option<ChallengeId>) -> Result<Self, Problem> {
        let mut filter = Self { challenge, ..Self::default() };
        for (index, text) in types.iter().flat_map(|types| types.split(',')).map(str::trim).enumerate() {
            let prefix = text.strip_suffix('*').filter(|prefix| prefix.ends_with('.'));
            let known = match prefix {
                Some(prefix) => TYPES.iter().any(|known| known.starts_with(prefix)),
                None => TYPES.contains(&text),
            };
            if !known || index >= limits::FILTER_TYPES_MAX {
                let detail = format!(
                    "{text:?} is no type of event, or one too many: use such as score.agreed, submission.*"
                );
                return Err(Problem::field("types", detail));
            }
            match prefix {
                Some(prefix) => filter.prefixes.push(prefix.to_owned()),
                None => filter.exact.push(text.to_owned()),
            }
        }
        Ok(filter)
    }

    fn wants(&self, kind: &str, challenge: Option<&str>) -> bool {
        let all = self.exact.is_empty() && self.prefixes.is_empty();
        let kind = all
            || self.exact.iter().any(|known| known == kind)
            || self.prefixes.iter().any(|prefix| kind.starts_with(prefix.as_str()));
        kind && self.challenge.as_ref().is_none_or(|wanted| challenge == Some(wanted.as_str()))
    }

    /// The frame of an event, if it is wanted.
    pub fn frame(&self, numbered: &Numbered) -> Option<Bytes> {
        let Ok(Value::Object(mut document)) = serde_json::to_value(&numbered.event) else { return None };
        let kind = document.get("type")?.as_str()?.to_owned();
        if !self.wants(&kind, document.get("challenge").and_then(Value::as_str)) {
            return None;
        }
        document.insert("id".to_owned(), json!(numbered.id.to_string()));
        document.insert("time".to_owned(), json!(rfc3339(numbered.time_ms)));
        let data = Value::Object(document);
        Some(Bytes::from(format!("id: {}\nevent: {kind}\ndata: {data}\n\n", numbered.id)))
    }
}

/// Why a stream ends: nobody reads it, or the hub stops.
struct Ended;

/// Writes to one listener. It holds a position only; what a slow reader missed is read from the records again.
struct Writer {
    hub: Arc<Hub>,
    filter: Filter,
    sender: mpsc::Sender<Bytes>,
    last: u64,
}

/// Runs a stream until its reader leaves, reads too slowly, or the hub stops.
pub(crate) async fn run(hub: Arc<Hub>, (filter, after): (Filter, Option<u64>), sender: mpsc::Sender<Bytes>) {
    let stop = hub.stop.clone();
    let closed = sender.clone();
    let mut writer = Writer { hub, filter, sender, last: 0 };
    tokio::select! {
        () = stop.cancelled() => {}
        () = closed.closed() => {}
        _ = writer.write(after) => {}
    }
}

impl Writer {
    async fn write(&mut self, after: Option<u64>) -> Result<(), Ended> {
        // Listening begins before the records are read, so that nothing falls between.
        let mut live = self.hub.parts.node.events();
        let newest = self.hub.parts.records.last_event().await.map_err(|error| self.unreadable(&error))?;
        self.last = after.unwrap_or(newest);
        self.send(Bytes::from_static(b"retry: 2000\n\n")).await?;
        if self.last > newest {
            // The records were built anew, and their numbers began again.
            self.send(Bytes::from(format!("event: gap\ndata: {{\"last\":\"{newest}\"}}\n\n"))).await?;
            self.last = newest;
        }
        let mut heartbeat = interval(Duration::from_millis(limits::HEARTBEAT_MS));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.catch_up().await?;
        loop {
            let event = tokio::select! {
                _ = heartbeat.tick() => {
                    self.send(Bytes::from_static(b": still here\n\n")).await?;
                    continue;
                }
                event = live.recv() => event,
            };
            match event {
                Ok(event) if event.id <= self.last => {}
                Ok(event) if event.id == self.last + 1 => self.tell(&event).await?,
                Ok(_) | Err(RecvError::Lagged(_)) => self.catch_up().await?,
                Err(RecvError::Closed) => return Err(Ended),
            }
        }
    }

    /// Everything in the records after the last event told.
    async fn catch_up(&mut self) -> Result<(), Ended> {
        loop {
            let page = self.hub.parts.records.events_after(self.last, limits::HISTORY_PAGE).await;
            let page = page.map_err(|error| self.unreadable(&error))?;
            for event in &page {
                self.tell(event).await?;
            }
            if page.len() < limits::HISTORY_PAGE {
                return Ok(());
            }
        }
    }

    async fn tell(&mut self, event: &Numbered) -> Result<(), Ended> {
        self.last = event.id;
        match self.filter.frame(event) {
            Some(frame) => self.send(frame).await,
            None => Ok(()),
        }
    }

    async fn send(&self, frame: Bytes) -> Result<(), Ended> {
        match timeout(Duration::from_millis(limits::SLOW_READER_MS), self.sender.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended),
        }
    }

    fn unreadable(&self, error: &agon_port::records::Error) -> Ended {
        tracing::error!("a stream of events ends: {error}");
        Ended
    }
}

/// The frames as a body.
pub(crate) struct Frames(pub mpsc::Receiver<Bytes>);

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|frame| frame.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::event::Event;
    use agon_types::{Digest, Epoch, Score, SubmissionId, TimeMs};

    fn scored() -> Numbered {
        let event = Event::ScoreAgreed {
            challenge: "route".parse().unwrap(),
            submission: SubmissionId(Digest::of(b"s")),
            epoch: Epoch(3),
            score: Score::ONE,
        };
        Numbered { id: 7, time_ms: TimeMs(1), event }
    }

    #[test]
    fn filters_are_strict_and_narrow() {
        type Case = (&'static str, Option<&'static str>, Option<&'static str>, Option<bool>);
        let cases: [Case; 10] = [
            ("nothing asked is all", None, None, Some(true)),
            ("its type", Some("score.agreed"), None, Some(true)),
            ("a prefix", Some("score.*"), None, Some(true)),
            ("one of several", Some("epoch.sealed, score.agreed"), None, Some(true)),
            ("another type", Some("epoch.sealed"), None, Some(false)),
            ("its challenge", Some("score.*"), Some("route"), Some(true)),
            ("another challenge", Some("score.*"), Some("compress"), Some(false)),
            ("an unknown type", Some("score.agred"), None, None),
            ("an unknown prefix", Some("scores.*"), None, None),
            ("nothing between commas", Some("score.agreed,,"), None, None),
        ];
        for (desc, types, challenge, expected) in cases {
            let filter = Filter::new(types, challenge.map(|challenge| challenge.parse().unwrap()));
            let got = filter.ok().map(|filter| filter.frame(&scored()).is_some());
            assert_eq!(got, expected, "{desc}");
        }
    }

    #[test]
    fn a_frame_carries_number_type_and_document() {
        let frame = Filter::default().frame(&scored()).unwrap();
        let text = std::str::from_utf8(&frame).unwrap();
        assert!(text.starts_with("id: 7\nevent: score.agreed\ndata: {"), "{text}");
        assert!(text.ends_with("}\n\n"), "{text}");
        assert!(text.contains(r#""score":"1.000000000""#) && text.contains(r#""id":"7""#), "{text}");
    }
}
