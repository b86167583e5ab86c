//! One listener's stream of events: what it asked for, and where in the feed it stands.

use crate::ask::shown;
use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use agon_port::records::Error;
use agon_types::ChallengeId;
use axum::body::Bytes;
use feed::{Feed, Next, Run};
use futures_core::Stream;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::ReusableBoxFuture;

mod feed;

pub(crate) use feed::Slot;

/// Every type of event, now or announced in the interface.
#[rustfmt::skip]
pub(crate) const TYPES: &[&str] = &[
    "artifact.released", "block.decided", "board.changed", "candidate.approved", "candidate.proposed",
    "candidate.rejected", "candidate.unapproved", "challenge.changed", "challenge.proposed", "champion.changed",
    "episode.finished", "episode.started", "episode.step", "epoch.opened", "epoch.sealed", "evaluation.progress",
    "job.cancelled", "job.dead", "job.leased", "job.queued", "job.running", "job.succeeded", "registry.voted",
    "report.committed", "report.revealed", "score.agreed", "score.disputed", "stats.updated", "submission.announced",
    "submission.duplicate", "submission.evaluating", "submission.failed", "submission.undecided", "validator.absent",
    "validator.misbehaved", "validator.readmitted", "validator.registered", "validator.silent", "voters.changed",
    "weights.set",
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
                    "{} is no type of event, or one too many: use such as score.agreed, submission.*",
                    shown(text)
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
}

/// One who listens. It holds a position only; what a slow reader missed is read from the records again.
struct Listener {
    hub: Arc<Hub>,
    feed: Arc<Feed>,
    newest: watch::Receiver<u64>,
    filter: Filter,
    last: u64,
    /// What is being told.
    run: Option<Arc<Run>>,
    greeting: Option<Bytes>,
    heartbeat: Interval,
    /// Held as long as the connection is there, so that those who do not read are counted, too.
    _permit: OwnedSemaphorePermit,
}

/// The stream of a listener, from after an event on, or from now.
pub(crate) async fn listen(
    hub: Arc<Hub>,
    (filter, after): (Filter, Option<u64>),
    permit: OwnedSemaphorePermit,
) -> Result<Frames, Error> {
    let feed = Feed::of(&hub).await?;
    let newest = feed.newest();
    let now = *newest.borrow();
    let mut greeting = "retry: 2000\n\n".to_owned();
    let mut last = after.unwrap_or(now);
    if last > now {
        let kept = hub.parts.records.last_event().await?;
        if last > kept {
            // The records were built anew, and their numbers began again.
            greeting += &format!("event: gap\ndata: {{\"last\":\"{kept}\"}}\n\n");
            last = kept;
        }
    }
    let silence = Duration::from_millis(limits::HEARTBEAT_MS);
    let mut heartbeat = interval_at(Instant::now() + silence, silence);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let greeting = Some(Bytes::from(greeting));
    let listener =
        Listener { hub, feed, newest, filter, last, run: None, greeting, heartbeat, _permit: permit };
    Ok(Frames(ReusableBoxFuture::new(listener.told())))
}

impl Listener {
    /// What is sent next, and the listener as it is then.
    async fn told(mut self) -> (Option<Bytes>, Self) {
        (self.next().await, self)
    }

    async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            while let Some(run) = &self.run {
                let (piece, last) = run.after(self.last, &self.filter);
                self.last = last;
                match piece {
                    Some(piece) => return Some(piece),
                    None => self.run = None,
                }
            }
            // Nobody writes the feed any more: the hub stops, or the records cannot be read.
            self.newest.has_changed().ok()?;
            match self.feed.after(self.last) {
                Next::Run(run) => self.run = Some(run),
                Next::Behind(floor) => self.look_back(floor).await?,
                Next::Nothing => tokio::select! {
                    changed = self.newest.changed() => changed.ok()?,
                    _ = self.heartbeat.tick() => return Some(Bytes::from_static(b": still here\n\n")),
                },
            }
        }
    }

    /// Takes the next page of the records.
    async fn look_back(&mut self, floor: u64) -> Option<()> {
        match self.hub.parts.records.events_after(self.last, limits::HISTORY_PAGE).await {
            Ok(page) if page.is_empty() => self.last = floor,
            Ok(page) => self.run = Some(Arc::new(Run::of(&page))),
            Err(error) => {
                tracing::error!("a stream of events ends: {error}");
                return None;
            }
        }
        Some(())
    }
}

/// The frames as a body. Nothing is made before the connection takes it, so nothing waits in memory.
pub(crate) struct Frames(ReusableBoxFuture<'static, (Option<Bytes>, Listener)>);

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (piece, listener) = ready!(self.0.poll(context));
        let Some(piece) = piece else {
            // An ended stream is not asked again, and its listener goes now.
            self.0.set(std::future::pending());
            return Poll::Ready(None);
        };
        self.0.set(listener.told());
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::event::{Event, Numbered};
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
            let got = filter.ok().map(|filter| Run::of(&[scored()]).after(0, &filter).0.is_some());
            assert_eq!(got, expected, "{desc}");
        }
    }

    #[test]
    fn a_frame_carries_number_type_and_document() {
        let frame = Run::of(&[scored()]).after(0, &Filter::default()).0.unwrap();
        let text = std::str::from_utf8(&frame).unwrap();
        assert!(text.starts_with("id: 7\nevent: score.agreed\ndata: {"), "{text}");
        assert!(text.ends_with("}\n\n"), "{text}");
        assert!(text.contains(r#""score":"1.000000000""#) && text.contains(r#""id":"7""#), "{text}");
    }
}
