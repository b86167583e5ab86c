//! The calls of a run that passed through its keeper: what the node itself saw, whatever the cage says of them, and all
//! that the log gets of a cage that did not live to tell.

use crate::limits::CALLS_IN_ORDER_MAX;
use agon_port::sandbox::{Answer, Calls, Question, Verdict};

/// Calls so far: consecutive ones of one kind are one entry, and above a maximum all of one kind are.
#[derive(Debug, Default)]
pub struct Tally {
    calls: Vec<Calls>,
    /// Asked, and not answered yet.
    waiting: Option<Asked>,
}

/// A question, as the log sees it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    name: &'static str,
    bytes: usize,
}

impl Tally {
    /// A question has come. If nothing else is heard of it, it failed.
    pub fn ask(&mut self, question: &Question) {
        let (name, bytes) = match question {
            Question::StateGet(key) => ("state.get", key.len()),
            Question::StateList { prefix, after, .. } => {
                ("state.keys", prefix.len() + after.as_ref().map_or(0, String::len))
            }
            Question::Posts { .. } => ("inbox.read", 0),
            Question::Submissions { .. } => ("submissions.read", 0),
            Question::Fetch(exchange) => {
                let headers: usize =
                    exchange.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
                ("web.fetch", exchange.method.len() + exchange.url.len() + headers + exchange.body.len())
            }
            Question::ArtifactRead { .. } => ("artifacts.read", 0),
            Question::ArtifactKeep(bytes) => ("artifacts.keep", bytes.len()),
        };
        self.settle(Verdict::Failed, 0);
        self.waiting = Some(Asked { name, bytes });
    }

    /// The run has no right to what it asked for.
    pub fn refuse(&mut self) {
        self.settle(Verdict::Denied, 0);
    }

    pub fn answer(&mut self, answer: &Answer) {
        let (verdict, bytes) = match answer {
            Answer::State(value) => (Verdict::Granted, value.as_ref().map_or(0, Vec::len)),
            Answer::Keys(keys) => (Verdict::Granted, keys.iter().map(String::len).sum()),
            Answer::Posts(posts) => (Verdict::Granted, posts.iter().map(|post| post.message.len()).sum()),
            Answer::Submissions(entries) => {
                (Verdict::Granted, entries.iter().map(|entry| entry.label.len()).sum())
            }
            Answer::Fetched { body, .. } | Answer::Artifact(body) => (Verdict::Granted, body.len()),
            Answer::Kept(digest) => (Verdict::Granted, digest.0.len()),
            Answer::Denied(_) => (Verdict::Denied, 0),
            Answer::Failed(_) | Answer::Broken(_) => (Verdict::Failed, 0),
        };
        self.settle(verdict, bytes);
    }

    fn settle(&mut self, verdict: Verdict, bytes_out: usize) {
        let Some(Asked { name, bytes }) = self.waiting.take() else { return };
        let is_full = self.calls.len() >= CALLS_IN_ORDER_MAX;
        let alike = |calls: &&mut Calls| calls.name == name && calls.verdict == verdict;
        let found = match is_full {
            true => self.calls.iter_mut().rev().find(alike),
            false => self.calls.last_mut().filter(alike),
        };
        let (bytes_in, bytes_out) = (bytes as u64, bytes_out as u64);
        match found {
            Some(calls) => {
                calls.count += 1;
                calls.bytes_in += bytes_in;
                calls.bytes_out += bytes_out;
            }
            None => {
                self.calls.push(Calls { name: name.to_owned(), verdict, count: 1, bytes_in, bytes_out });
            }
        }
    }

    pub fn into_calls(mut self) -> Vec<Calls> {
        self.settle(Verdict::Failed, 0);
        self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get() -> Question {
        Question::StateGet("key".to_owned())
    }

    #[test]
    fn calls_of_one_kind_in_a_row_are_one_entry() {
        let mut tally = Tally::default();
        for answer in [
            Answer::State(None),
            Answer::State(Some(vec![0; 5])),
            Answer::Denied("no".to_owned()),
            Answer::State(None),
        ] {
            tally.ask(&get());
            tally.answer(&answer);
        }
        let calls = tally.into_calls();
        let counts: Vec<_> = calls.iter().map(|one| (one.verdict, one.count, one.bytes_out)).collect();
        assert_eq!(counts, [(Verdict::Granted, 2, 5), (Verdict::Denied, 1, 0), (Verdict::Granted, 1, 0)]);
        assert_eq!(calls[0].bytes_in, 6);
    }

    #[test]
    fn what_was_never_answered_failed_and_what_was_no_right_was_denied() {
        let mut tally = Tally::default();
        tally.ask(&get());
        tally.refuse();
        tally.ask(&Question::ArtifactKeep(vec![0; 7]));
        let calls = tally.into_calls();
        let said: Vec<_> = calls.iter().map(|one| (one.name.as_str(), one.verdict, one.bytes_in)).collect();
        assert_eq!(said, [("state.get", Verdict::Denied, 3), ("artifacts.keep", Verdict::Failed, 7)]);
    }

    #[test]
    fn a_flood_takes_bounded_room_and_is_still_counted() {
        let mut tally = Tally::default();
        let rounds = 10 * CALLS_IN_ORDER_MAX as u64;
        for _ in 0..rounds {
            for answer in [Answer::State(None), Answer::Denied("no".to_owned())] {
                tally.ask(&get());
                tally.answer(&answer);
            }
        }
        let calls = tally.into_calls();
        assert_eq!(calls.len(), CALLS_IN_ORDER_MAX);
        assert_eq!(calls.iter().map(|calls| calls.count).sum::<u64>(), 2 * rounds);
    }
}
