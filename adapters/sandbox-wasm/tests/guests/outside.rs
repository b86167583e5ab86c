//! A node that answers from tables, and keeps what it is handed.

use agon_port::sandbox::{Answer, Entry, Exchange, Outside, PostRow, Question};
use agon_types::{Digest, Hotkey, SubmissionId};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What the node knows.
#[derive(Clone)]
pub struct Facts {
    pub state: BTreeMap<String, Vec<u8>>,
    pub posts: Vec<PostRow>,
    pub entries: Vec<Entry>,
    pub artifacts: BTreeMap<Digest, Vec<u8>>,
    pub web: fn(&Exchange) -> Answer,
}

/// A submission of the tables.
pub fn submission(number: u8) -> SubmissionId {
    SubmissionId(Digest([number; 32]))
}

/// The bytes of the one artifact that there is.
pub fn artifact() -> Vec<u8> {
    (0..3000_u32).map(|i| (i % 251) as u8).collect()
}

impl Default for Facts {
    fn default() -> Self {
        let state = ["a", "b/1", "b/2", "b/20", "c", "\u{e4}"];
        let state = state.iter().enumerate().map(|(i, key)| ((*key).to_owned(), vec![i as u8; i * 100]));
        let post = |i: u8| PostRow {
            hotkey: Hotkey([i % 3; 32]),
            sequence: u64::from(i),
            message: vec![i; usize::from(i)],
        };
        let entry = |i: u8| Entry {
            submission: submission(i),
            hotkey: Hotkey([i; 32]),
            label: format!("agent {i}"),
            score: i.is_multiple_of(2).then_some((u32::from(i), u64::from(i) << 32)),
            status: "scored".to_owned(),
        };
        Self {
            state: state.collect(),
            posts: (0..70).map(post).collect(),
            entries: (0..5).map(entry).collect(),
            artifacts: BTreeMap::from([(Digest::of(&artifact()), artifact())]),
            web: echo,
        }
    }
}

/// Answers with what it was asked.
fn echo(exchange: &Exchange) -> Answer {
    let body = [exchange.method.as_bytes(), exchange.url.as_bytes(), &exchange.body].concat();
    Answer::Fetched { status: 200, headers: exchange.headers.clone(), body }
}

/// A node for one run.
pub struct Desk {
    facts: Facts,
    kept: Mutex<Vec<Vec<u8>>>,
}

impl Desk {
    pub fn new(facts: Facts) -> Self {
        Self { facts, kept: Mutex::new(Vec::new()) }
    }

    /// What guests left here, in its order.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        self.kept.lock().unwrap().clone()
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let keys = self.facts.state.keys();
        let wanted =
            keys.filter(|key| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        wanted.take(limit).cloned().collect()
    }
}

#[async_trait]
impl Outside for Desk {
    async fn answer(&self, question: Question) -> Answer {
        match question {
            Question::StateGet(key) => Answer::State(self.facts.state.get(&key).cloned()),
            Question::StateList { prefix, after, limit } => {
                Answer::Keys(self.keys(&prefix, after.as_deref(), limit as usize))
            }
            Question::Posts { after, limit } => Answer::Posts(
                self.facts.posts.iter().skip(after as usize).take(limit as usize).cloned().collect(),
            ),
            Question::Submissions { after, limit } => {
                let entries = self.facts.entries.iter();
                let wanted = entries.filter(|entry| after.is_none_or(|after| entry.submission > after));
                Answer::Submissions(wanted.take(limit as usize).cloned().collect())
            }
            Question::Fetch(exchange) => (self.facts.web)(&exchange),
            Question::ArtifactRead { digest, offset, length } => match self.facts.artifacts.get(&digest) {
                None => Answer::Denied("no such artifact".to_owned()),
                Some(bytes) => {
                    let piece = bytes.iter().skip(offset as usize).take(length as usize);
                    Answer::Artifact(piece.copied().collect())
                }
            },
            Question::ArtifactKeep(bytes) => {
                let digest = Digest::of(&bytes);
                self.kept.lock().unwrap().push(bytes);
                Answer::Kept(digest)
            }
        }
    }
}
