//! What every listener hears: each event is written out once, and all of them share its bytes.

use super::Filter;
use crate::hub::Hub;
use crate::limits;
use crate::time::rfc3339;
use agon_port::Records;
use agon_port::records::Error;
use agon_types::event::Numbered;
use axum::body::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// One event of a run: what it is about, and where its frame ends.
struct Mark {
    id: u64,
    kind: String,
    challenge: Option<String>,
    end: usize,
}

/// Frames of events one after the other, as they are sent.
pub(super) struct Run {
    bytes: Bytes,
    marks: Vec<Mark>,
}

impl Run {
    pub fn of(events: &[Numbered]) -> Self {
        let (mut text, mut marks) = (String::new(), Vec::with_capacity(events.len()));
        for numbered in events {
            let Ok(Value::Object(mut document)) = serde_json::to_value(&numbered.event) else { continue };
            let word = |field: &str| Some(document.get(field)?.as_str()?.to_owned());
            let (Some(kind), challenge) = (word("type"), word("challenge")) else { continue };
            document.insert("id".to_owned(), json!(numbered.id.to_string()));
            document.insert("time".to_owned(), json!(rfc3339(numbered.time_ms)));
            let (id, data) = (numbered.id, Value::Object(document));
            // Writing into a text cannot fail.
            let _ = write!(text, "id: {id}\nevent: {kind}\ndata: {data}\n\n");
            marks.push(Mark { id, kind, challenge, end: text.len() });
        }
        Self { bytes: Bytes::from(text), marks }
    }

    fn last(&self) -> u64 {
        self.marks.last().map_or(0, |mark| mark.id)
    }

    /// The next wanted frames after an event, as many as are sent in one piece, and the last event that this passes.
    pub fn after(&self, last: u64, filter: &Filter) -> (Option<Bytes>, u64) {
        let wanted = |mark: &Mark| filter.wants(&mark.kind, mark.challenge.as_deref());
        let next = self.marks.partition_point(|mark| mark.id <= last);
        let Some(from) = (next..self.marks.len()).find(|at| wanted(&self.marks[*at])) else {
            return (None, last.max(self.last()));
        };
        let start = from.checked_sub(1).map_or(0, |before| self.marks[before].end);
        let rest = self.marks[from + 1..].iter();
        let fits = |mark: &&Mark| mark.end - start <= limits::STREAM_PIECE_BYTES_MAX && wanted(mark);
        let to = rest.take_while(fits).last().unwrap_or(&self.marks[from]);
        (Some(self.bytes.slice(start..to.end)), to.id)
    }
}

/// The newest runs, and the number of the last event that is not among them any more.
struct Ring {
    runs: VecDeque<Arc<Run>>,
    bytes: usize,
    floor: u64,
}

impl Ring {
    fn push(&mut self, run: Run) {
        self.bytes += run.bytes.len();
        self.runs.push_back(Arc::new(run));
        while self.bytes > limits::RING_BYTES_MAX && self.runs.len() > 1 {
            let Some(old) = self.runs.pop_front() else { return };
            self.bytes -= old.bytes.len();
            self.floor = old.last();
        }
    }
}

/// What comes after an event.
pub(super) enum Next {
    Run(Arc<Run>),
    /// Only the records have it still: the ring begins after this event.
    Behind(u64),
    /// Nothing yet.
    Nothing,
}

/// The present, as long as anyone listens.
pub(super) struct Feed {
    ring: Arc<RwLock<Ring>>,
    /// Changes with each run; closed once there will be none any more.
    newest: watch::Receiver<u64>,
    _unheard: DropGuard,
}

/// The one feed of a hub, while it has listeners.
#[derive(Default)]
pub(crate) struct Slot(Mutex<Weak<Feed>>);

impl Feed {
    /// The feed of a hub; the first listener begins it.
    pub async fn of(hub: &Hub) -> Result<Arc<Self>, Error> {
        let mut slot = hub.feed.0.lock().await;
        if let Some(feed) = slot.upgrade().filter(|feed| feed.newest.has_changed().is_ok()) {
            return Ok(feed);
        }
        // Listening begins before the records are asked, so that nothing falls between.
        let live = hub.parts.node.events();
        let floor = hub.parts.records.last_event().await?;
        let ring = Arc::new(RwLock::new(Ring { runs: VecDeque::new(), bytes: 0, floor }));
        let (sender, newest) = watch::channel(floor);
        let unheard = CancellationToken::new();
        let writer =
            Writer { records: hub.parts.records.clone(), ring: ring.clone(), newest: sender, last: floor };
        let (stop, done) = (hub.stop.clone(), unheard.clone());
        hub.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = done.cancelled() => {}
                ended = writer.run(live) => if let Err(error) = ended {
                    tracing::error!("the live events end: {error}");
                },
            }
        });
        let feed = Arc::new(Self { ring, newest, _unheard: unheard.drop_guard() });
        *slot = Arc::downgrade(&feed);
        Ok(feed)
    }

    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }

    pub fn after(&self, last: u64) -> Next {
        // Whoever panicked while it wrote left whole runs.
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        if last < ring.floor {
            return Next::Behind(ring.floor);
        }
        let next = ring.runs.partition_point(|run| run.last() <= last);
        ring.runs.get(next).map_or(Next::Nothing, |run| Next::Run(run.clone()))
    }
}

/// Writes the feed.
struct Writer {
    records: Arc<dyn Records>,
    ring: Arc<RwLock<Ring>>,
    newest: watch::Sender<u64>,
    last: u64,
}

impl Writer {
    async fn run(mut self, mut live: broadcast::Receiver<Numbered>) -> Result<(), Error> {
        loop {
            match live.recv().await {
                Ok(event) if event.id <= self.last => {}
                Ok(event) if event.id == self.last + 1 => self.tell(&gathered(event, &mut live)),
                Ok(_) | Err(RecvError::Lagged(_)) => self.catch_up().await?,
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    /// Everything in the records after the last event told.
    async fn catch_up(&mut self) -> Result<(), Error> {
        loop {
            let page = self.records.events_after(self.last, limits::HISTORY_PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            self.tell(&page);
        }
    }

    fn tell(&mut self, events: &[Numbered]) {
        let Some(last) = events.last() else { return };
        self.last = last.id;
        self.ring.write().unwrap_or_else(PoisonError::into_inner).push(Run::of(events));
        self.newest.send_replace(self.last);
    }
}

/// An event with those that wait behind it. A hole ends the row, and is found at the next event.
fn gathered(first: Numbered, live: &mut broadcast::Receiver<Numbered>) -> Vec<Numbered> {
    let mut events = vec![first];
    while events.len() < limits::RUN_EVENTS_MAX
        && let Ok(event) = live.try_recv()
    {
        if events.last().is_none_or(|last| event.id != last.id + 1) {
            break;
        }
        events.push(event);
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::event::Event;
    use agon_types::{Epoch, TimeMs};

    fn opened(id: u64) -> Numbered {
        Numbered { id, time_ms: TimeMs(1), event: Event::EpochOpened { epoch: Epoch(id) } }
    }

    #[test]
    fn the_ring_forgets_its_oldest_and_says_so() {
        let mut ring = Ring { runs: VecDeque::new(), bytes: 0, floor: 0 };
        let mut last = 0;
        while ring.floor == 0 {
            let events: Vec<Numbered> = (last + 1..=last + 256).map(opened).collect();
            last += 256;
            ring.push(Run::of(&events));
        }
        assert!(ring.bytes <= limits::RING_BYTES_MAX);
        assert_eq!(ring.floor, 256);
        let (feed_ring, (_sender, newest)) = (Arc::new(RwLock::new(ring)), watch::channel(last));
        let feed = Feed { ring: feed_ring, newest, _unheard: CancellationToken::new().drop_guard() };
        assert!(matches!(feed.after(255), Next::Behind(256)));
        assert!(matches!(feed.after(256), Next::Run(run) if run.marks[0].id == 257));
        assert!(matches!(feed.after(last), Next::Nothing));
    }

    #[test]
    fn a_run_is_sent_in_pieces_without_what_nobody_asked_for() {
        let mut events: Vec<Numbered> = (1..=100).map(opened).collect();
        events[49].event = Event::BoardChanged { challenge: "route".parse().unwrap(), epoch: Epoch(1) };
        let run = Run::of(&events);
        let filter = Filter::new(Some("epoch.opened"), None).unwrap();
        let (mut last, mut text) = (0, String::new());
        while let (Some(piece), passed) = run.after(last, &filter) {
            assert!(piece.len() <= limits::STREAM_PIECE_BYTES_MAX && passed > last);
            (last, text) = (passed, text + std::str::from_utf8(&piece).unwrap());
        }
        assert_eq!(text.matches("event: epoch.opened").count(), 99);
        assert!(!text.contains("board.changed"));
        assert_eq!(run.after(100, &filter), (None, 100));
    }
}
