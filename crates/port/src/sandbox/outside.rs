//! What a guest may ask of the world, through its host and nobody else.

use agon_types::{Digest, Hotkey, SubmissionId};
use async_trait::async_trait;
use borsh::{BorshDeserialize, BorshSerialize};

/// A question that only the node can answer. The executor has already checked phase and grants.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Question {
    /// A value of the challenge's state.
    StateGet(String),
    /// Keys of the challenge's state that begin so, after a key, in order.
    StateList { prefix: String, after: Option<String>, limit: u32 },
    /// Posts of the epoch, in the order in which they were decided.
    Posts { after: u32, limit: u32 },
    /// Submissions of the challenge, in the order of their ids.
    Submissions { after: Option<SubmissionId>, limit: u32 },
    /// One exchange with a host that the manifest names.
    Fetch(Exchange),
    /// A piece of an artifact that the manifest names.
    ArtifactRead { digest: Digest, offset: u64, length: u32 },
    /// Bytes for the vault.
    ArtifactKeep(Vec<u8>),
}

/// What is sent to a host.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Exchange {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A submission, as routes see it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Entry {
    pub submission: SubmissionId,
    pub hotkey: Hotkey,
    pub label: String,
    /// Its last agreed score, and the epoch of that.
    pub score: Option<(u32, u64)>,
    pub status: String,
}

/// A message in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PostRow {
    pub hotkey: Hotkey,
    pub sequence: u64,
    pub message: Vec<u8>,
}

/// The answer to the question of the same name.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Answer {
    State(Option<Vec<u8>>),
    Keys(Vec<String>),
    Posts(Vec<PostRow>),
    Submissions(Vec<Entry>),
    Fetched {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    Artifact(Vec<u8>),
    Kept(Digest),
    /// Refused by a rule; the guest is told which.
    Denied(String),
    /// Tried, and it failed; the guest is told.
    Failed(String),
    /// This node cannot answer, which is no fault of the guest: the run ends without an outcome.
    Broken(String),
}

/// What `observe` saw: every exchange in its order, and what the challenge made of them. Anyone who has it can run
/// `observe` again and compare.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Recording {
    pub exchanges: Vec<(Exchange, Answer)>,
    pub observed: Vec<u8>,
}

/// Who answers during one run.
#[async_trait]
pub trait Outside: Send + Sync + 'static {
    async fn answer(&self, question: Question) -> Answer;
}
