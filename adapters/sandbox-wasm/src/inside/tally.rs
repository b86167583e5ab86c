//! What a run writes down beside its result: every call to the host, and the lines of its log.

use crate::limits;
use agon_port::sandbox::{Calls, Role, Spoken, Verdict};
use std::cell::RefCell;

/// A function of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Log,
    AgentLog,
    Random,
    AgentNew,
    AgentCall,
    StateGet,
    StateKeys,
    StateSet,
    StateRemove,
    InboxRead,
    SubmissionsRead,
    WebFetch,
    ArtifactRead,
    ArtifactKeep,
}

impl Function {
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log.write",
            Self::AgentLog => "agent.log.write",
            Self::Random => "random.bytes",
            Self::AgentNew => "agents.new",
            Self::AgentCall => "agents.call",
            Self::StateGet => "state.get",
            Self::StateKeys => "state.keys",
            Self::StateSet => "state.set",
            Self::StateRemove => "state.remove",
            Self::InboxRead => "inbox.read",
            Self::SubmissionsRead => "submissions.read",
            Self::WebFetch => "web.fetch",
            Self::ArtifactRead => "artifacts.read",
            Self::ArtifactKeep => "artifacts.keep",
        }
    }

    /// What a call costs beside its bytes: those that only the node can answer wait for it.
    pub fn fuel(self) -> u64 {
        match self {
            Self::Log | Self::AgentLog | Self::Random | Self::AgentNew | Self::AgentCall => {
                limits::HOST_CALL_FUEL
            }
            Self::StateSet | Self::StateRemove => limits::HOST_CALL_FUEL,
            Self::StateGet
            | Self::StateKeys
            | Self::InboxRead
            | Self::SubmissionsRead
            | Self::WebFetch
            | Self::ArtifactRead
            | Self::ArtifactKeep => limits::QUESTION_FUEL,
        }
    }
}

/// Calls of one name and verdict.
#[derive(Clone, Copy, Debug)]
struct Entry {
    call: Function,
    verdict: Verdict,
    count: u64,
    bytes_in: u64,
    bytes_out: u64,
}

impl Entry {
    fn is_of(&self, other: &Self) -> bool {
        (self.call, self.verdict) == (other.call, other.verdict)
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }
}

/// Calls in their order as long as there is room, and after that by name and verdict.
#[derive(Debug, Default)]
struct Tally {
    in_order: Vec<Entry>,
    merged: Vec<Entry>,
}

impl Tally {
    fn add(&mut self, entry: Entry) {
        if self.merged.is_empty() {
            let is_full = self.in_order.len() >= limits::CALLS_IN_ORDER_MAX;
            match self.in_order.last_mut() {
                Some(last) if last.is_of(&entry) => return last.add(&entry),
                _ if !is_full => return self.in_order.push(entry),
                _ => {}
            }
        }
        match self.merged.iter_mut().find(|merged| merged.is_of(&entry)) {
            Some(merged) => merged.add(&entry),
            None => self.merged.push(entry),
        }
    }
}

/// The books of one run; its challenge and its agents write into the same ones.
#[derive(Debug, Default)]
pub struct Books {
    tally: RefCell<Tally>,
    log: RefCell<Vec<Spoken>>,
}

impl Books {
    pub fn count(&self, call: Function, verdict: Verdict, bytes_in: usize, bytes_out: usize) {
        let (bytes_in, bytes_out) = (bytes_in as u64, bytes_out as u64);
        self.tally.borrow_mut().add(Entry { call, verdict, count: 1, bytes_in, bytes_out });
    }

    /// Notes a line for the author, cut to its maximum.
    pub fn note(&self, role: Role, line: &str) {
        let mut log = self.log.borrow_mut();
        if log.len() < limits::LOG_LINES_MAX {
            let line = line[..line.floor_char_boundary(limits::LOG_LINE_BYTES_MAX)].to_owned();
            log.push(Spoken { role, line });
        }
    }

    /// What was written down, and clean books.
    pub fn take(&self) -> (Vec<Calls>, Vec<Spoken>) {
        let Tally { in_order, merged } = self.tally.take();
        let calls = in_order.into_iter().chain(merged).map(|entry| Calls {
            name: entry.call.name().to_owned(),
            verdict: entry.verdict,
            count: entry.count,
            bytes_in: entry.bytes_in,
            bytes_out: entry.bytes_out,
        });
        (calls.collect(), self.log.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_after_one_another_are_one_entry() {
        let books = Books::default();
        for (call, bytes) in
            [(Function::Log, 1), (Function::Log, 2), (Function::StateGet, 3), (Function::Log, 4)]
        {
            books.count(call, Verdict::Granted, bytes, 10);
        }
        let (calls, _) = books.take();
        let seen: Vec<_> =
            calls.iter().map(|c| (c.name.as_str(), c.count, c.bytes_in, c.bytes_out)).collect();
        assert_eq!(seen, [("log.write", 2, 3, 20), ("state.get", 1, 3, 10), ("log.write", 1, 4, 10)]);
    }

    #[test]
    fn a_flood_of_calls_takes_bounded_room_and_is_still_counted() {
        let books = Books::default();
        let rounds = 10 * limits::CALLS_IN_ORDER_MAX as u64;
        for _ in 0..rounds {
            books.count(Function::AgentNew, Verdict::Granted, 0, 0);
            books.count(Function::AgentCall, Verdict::Failed, 1, 0);
        }
        let (calls, _) = books.take();
        assert_eq!(calls.len(), limits::CALLS_IN_ORDER_MAX + 2);
        assert_eq!(calls.iter().map(|calls| calls.count).sum::<u64>(), 2 * rounds);
        assert_eq!(calls.iter().map(|calls| calls.bytes_in).sum::<u64>(), rounds);
    }

    #[test]
    fn a_run_has_so_many_log_lines_of_such_a_length_and_no_more() {
        let books = Books::default();
        for _ in 0..2 * limits::LOG_LINES_MAX {
            books.note(Role::Agent, &"ä".repeat(1000));
        }
        let (_, log) = books.take();
        assert_eq!(log.len(), limits::LOG_LINES_MAX);
        assert!(log.iter().all(|spoken| spoken.line.len() == limits::LOG_LINE_BYTES_MAX));
    }
}
