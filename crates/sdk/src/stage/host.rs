//! What the stage grants to the challenge that runs on this thread. `guest::host` has the same functions in WASM.

use super::chance::Stream;
use crate::inbox::Post;
use crate::submissions::Entry;
use crate::{Reason, Refusal, Reply, web};
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

type Call = dyn FnMut(&str, &[u8]) -> Result<Vec<u8>, String>;
type Answer = dyn Fn(&web::Request) -> Result<web::Response, Refusal>;

/// Gives fresh instances of one agent.
pub(crate) struct Seat(pub(crate) Box<dyn Fn() -> Box<Call>>);

/// Who answers on the network.
pub(crate) struct Answers(pub(crate) Box<Answer>);

/// All that a challenge may find.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub seats: Vec<Seat>,
    pub state: BTreeMap<String, Vec<u8>>,
    /// What the keys and values of the state may take; any number of bytes, if nobody says.
    pub state_bytes_max: Option<u64>,
    pub posts: Vec<Post>,
    pub submissions: Vec<Entry>,
    pub web: Answers,
    pub vault: BTreeMap<String, Vec<u8>>,
    pub kept: Vec<Vec<u8>>,
    pub log: Vec<String>,
    grant: Grant,
    seed: [u8; 32],
    /// What the state took when the run began.
    state_bytes: usize,
    streams: BTreeMap<String, Stream>,
}

/// What a phase may do, as the table in `wit/agon.wit` has it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Grant {
    random: bool,
    agents: bool,
    reads: bool,
    writes: bool,
    inbox: bool,
    submissions: bool,
    web: bool,
    artifacts: bool,
    keeps: bool,
}

impl Grant {
    const NONE: Self = Self {
        random: false,
        agents: false,
        reads: false,
        writes: false,
        inbox: false,
        submissions: false,
        web: false,
        artifacts: false,
        keeps: false,
    };
    pub const OBSERVE: Self = Self { random: true, web: true, artifacts: true, ..Self::NONE };
    pub const SCORE: Self =
        Self { random: true, agents: true, reads: true, artifacts: true, keeps: true, ..Self::NONE };
    pub const WEIGH: Self = Self { random: true, reads: true, writes: true, inbox: true, ..Self::NONE };
    pub const SERVE: Self = Self { reads: true, submissions: true, ..Self::NONE };
}

impl World {
    /// Before a phase.
    pub fn begin(&mut self, grant: Grant, seed: [u8; 32]) {
        (self.grant, self.seed) = (grant, seed);
        self.streams.clear();
        self.state_bytes = self.held();
    }

    /// What the state takes.
    fn held(&self) -> usize {
        self.state.iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    /// Refuses what would make the state larger than it may be, and than it was when the run began, as the ledger does.
    fn makes_room(&self, key: &str, value: &[u8]) -> Result<(), Refusal> {
        let Some(bytes_max) = self.state_bytes_max else { return Ok(()) };
        let known = self.state.get(key).map_or(0, |value| key.len() + value.len());
        let bytes = self.held() - known + key.len() + value.len();
        match bytes as u64 > bytes_max && bytes > self.state_bytes {
            true => {
                let words = format!("the state would have {bytes} bytes, and {bytes_max} are granted");
                Err(Refusal::Exceeded(words))
            }
            false => Ok(()),
        }
    }
}

/// Runs a phase with a world around it.
pub(crate) fn with<T>(world: &mut World, phase: impl FnOnce() -> T) -> T {
    WORLD.set(Some(std::mem::take(world)));
    let given = phase();
    *world = WORLD.take().expect("nobody else takes the world of this thread");
    given
}

fn ask<T>(question: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| question(world.as_mut().expect("a phase runs on a stage only")))
}

/// Asks for something that this phase may do, or else is refused.
fn may<T>(
    right: impl FnOnce(&Grant) -> bool,
    question: impl FnOnce(&mut World) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    ask(|world| match right(&world.grant) {
        true => question(world),
        false => Err(Refusal::Denied("not in this phase".to_owned())),
    })
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn log(line: &str) {
    ask(|world| world.log.push(line.to_owned()));
}

pub(crate) fn random(label: &str, count: u32) -> Vec<u8> {
    ask(|world| {
        assert!(world.grant.random, "there is no chance in this phase");
        let fresh = || Stream::new(&world.seed, label);
        let stream = world.streams.entry(label.to_owned()).or_insert_with(fresh);
        stream.bytes(count)
    })
}

/// An instance of an agent.
pub(crate) struct Agent {
    call: Box<Call>,
    failed: Option<(Reason, String)>,
}

impl Agent {
    pub fn new(seat: u32) -> Self {
        let call = ask(|world| {
            assert!(world.grant.agents, "there are no agents in this phase");
            let seat = world.seats.get(seat as usize).unwrap_or_else(|| panic!("nobody sits in seat {seat}"));
            (seat.0)()
        });
        Self { call, failed: None }
    }

    pub fn call(&mut self, method: &str, input: &[u8]) -> Result<Reply, (Reason, String)> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        match (self.call)(method, input) {
            Ok(output) => Ok(Reply { output, fuel: 0 }),
            Err(words) => Err(self.failed.insert((Reason::GaveUp, words)).clone()),
        }
    }
}

pub(crate) fn state_get(key: &str) -> Result<Option<Vec<u8>>, Refusal> {
    may(|grant| grant.reads, |world| Ok(world.state.get(key).cloned()))
}

pub(crate) fn state_keys(prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, Refusal> {
    let fits = |key: &&String| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after);
    may(
        |grant| grant.reads,
        |world| Ok(world.state.keys().filter(fits).take(limit as usize).cloned().collect()),
    )
}

pub(crate) fn state_set(key: &str, value: &[u8]) -> Result<(), Refusal> {
    may(
        |grant| grant.writes,
        |world| {
            world.makes_room(key, value)?;
            world.state.insert(key.to_owned(), value.to_vec());
            Ok(())
        },
    )
}

pub(crate) fn state_remove(key: &str) -> Result<(), Refusal> {
    may(
        |grant| grant.writes,
        |world| {
            world.state.remove(key);
            Ok(())
        },
    )
}

pub(crate) fn inbox_read(after: u32, limit: u32) -> Result<Vec<Post>, Refusal> {
    may(
        |grant| grant.inbox,
        |world| Ok(world.posts.iter().skip(after as usize).take(limit as usize).cloned().collect()),
    )
}

pub(crate) fn submissions_read(after: Option<&str>, limit: u32) -> Result<Vec<Entry>, Refusal> {
    let later = |entry: &&Entry| after.is_none_or(|after| entry.submission.as_str() > after);
    may(
        |grant| grant.submissions,
        |world| Ok(world.submissions.iter().filter(later).take(limit as usize).cloned().collect()),
    )
}

pub(crate) fn fetch(request: web::Request) -> Result<web::Response, Refusal> {
    may(|grant| grant.web, |world| (world.web.0)(&request))
}

pub(crate) fn artifact_read(digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
    may(
        |grant| grant.artifacts,
        |world| {
            let unknown = || Refusal::Denied(format!("no artifact {digest} is granted"));
            let bytes = world.vault.get(digest).ok_or_else(unknown)?;
            let begin = (offset as usize).min(bytes.len());
            let end = begin.saturating_add(length as usize).min(bytes.len());
            Ok(bytes[begin..end].to_vec())
        },
    )
}

pub(crate) fn artifact_keep(bytes: &[u8]) -> Result<String, Refusal> {
    may(
        |grant| grant.keeps,
        |world| {
            world.kept.push(bytes.to_vec());
            Ok(digest(bytes))
        },
    )
}

impl Default for Answers {
    fn default() -> Self {
        Self(Box::new(|request| Err(Refusal::Failed(format!("nobody answers for {}", request.url)))))
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat")
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Agent")
    }
}
