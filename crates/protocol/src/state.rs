//! All that the ledger knows: an ordered map of typed keys.

pub use agon_types::Agreed;
use agon_types::anchor::Neuron;
use agon_types::{
    Announcement, ChainBlock, ChallengeId, Digest, Epoch, Genesis, Height, Hotkey, JobId, Manifest, Outcome,
    Power, Seal, SessionKey, SubmissionId, TimeMs, Voters,
};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::BTreeMap;

pub use crate::misbehaviour::Offence;
pub use crate::voters::Missed;

/// Declares each kind of entry once: its key, its value, and how a view reads it.
macro_rules! entries {
    ($($(#[$doc:meta])* $kind:ident ( $($part:ident : $type:ty),* ) -> $value:ty, $read:ident;)*) => {
        /// The name of an entry.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
        pub enum Key { $($(#[$doc])* $kind($($type),*),)* }

        /// What is known under a key of the same kind.
        #[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
        pub enum Value { $($kind(Box<$value>),)* }

        /// Reads entries, whether or not a step has changed them already.
        pub trait View {
            fn get(&self, key: &Key) -> Option<&Value>;
            /// Entries from a key to another, both included, in order.
            fn range(&self, from: &Key, to: &Key) -> Vec<(&Key, &Value)>;
            /// The last of those entries.
            fn last(&self, from: &Key, to: &Key) -> Option<(&Key, &Value)>;

            $($(#[$doc])*
            fn $read(&self, $($part: $type),*) -> Option<&$value> {
                match self.get(&Key::$kind($($part),*)) {
                    Some(Value::$kind(value)) => Some(value),
                    _ => None,
                }
            })*
        }

        $(impl From<$value> for Value {
            fn from(value: $value) -> Self {
                Self::$kind(Box::new(value))
            }
        })*
    };
}

entries! {
    /// What the network began with.
    Genesis() -> Genesis, genesis;
    /// Where the ledger stands.
    Now() -> Now, now;
    /// What the chain says of a hotkey.
    Neuron(hotkey: Hotkey) -> Neuron, neuron;
    /// Commitments on the chain that wait for their announcement.
    Commitments(hotkey: Hotkey) -> Commitments, commitments;
    /// The session key of a validator.
    Session(hotkey: Hotkey) -> Session, session;
    /// A challenge, in whatever version it is.
    Challenge(challenge: ChallengeId) -> Challenge, challenge;
    /// The rules of one version.
    Manifest(challenge: ChallengeId, version: u32) -> Manifest, manifest;
    /// A submission.
    Submission(submission: SubmissionId) -> Submission, submission;
    /// The submission that owns an artifact in a challenge.
    Claim(challenge: ChallengeId, artifact: Digest) -> Claim, claim;
    /// How often a hotkey has announced to a challenge in an epoch.
    Quota(epoch: Epoch, challenge: ChallengeId, hotkey: Hotkey) -> Quota, quota;
    /// A submission that waits for its first job.
    Entrant(challenge: ChallengeId, submission: SubmissionId) -> Entrant, entrant;
    /// An epoch.
    Epoch(epoch: Epoch) -> Opened, opened;
    /// The windows of a round of an epoch's jobs.
    Round(epoch: Epoch, round: u8) -> Round, round;
    /// A job.
    Job(job: JobId) -> Job, job;
    /// A hidden report.
    Commit(job: JobId, validator: Hotkey) -> Commit, commit;
    /// A revealed report.
    Report(job: JobId, validator: Hotkey) -> Outcome, report;
    /// What was agreed of a submission in an epoch.
    Score(challenge: ChallengeId, version: u32, epoch: Epoch, submission: SubmissionId) -> Agreed, agreed;
    /// The ranking's standing results.
    Board(challenge: ChallengeId) -> Board, board;
    /// A finished epoch.
    Seal(epoch: Epoch) -> Seal, seal;
    /// A board before the decisions of an epoch, as earlier epochs without a seal are paid from it.
    Standing(challenge: ChallengeId, until: Epoch) -> Standing, standing;
    /// A message in the inbox of a challenge.
    Post(epoch: Epoch, challenge: ChallengeId, number: u32) -> Posted, post;
    /// What a hotkey has posted to a challenge so far.
    Poster(challenge: ChallengeId, hotkey: Hotkey) -> Poster, poster;
    /// What came of weighing an epoch of a challenge.
    Weighed(epoch: Epoch, challenge: ChallengeId) -> Weighing, weighed;
    /// One value of a challenge's own state, as it stood when the epoch opened.
    Slot(challenge: ChallengeId, key: String) -> Slot, slot;
    /// A change of a challenge's own state that waits for the next epoch.
    Pending(challenge: ChallengeId, key: String) -> Pending, pending;
    /// How much a challenge keeps.
    Holding(challenge: ChallengeId) -> Holding, holding;
    /// Who decides blocks from a height on, up to the next entry.
    Voters(from: Height) -> Voters, voters_from;
    /// Whose signatures are missing from certificates.
    Missed() -> Missed, missed;
    /// What a hotkey was proven to have done as a voter.
    Offence(hotkey: Hotkey) -> Offence, offence;
}

/// Where the ledger stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Now {
    pub height: Height,
    pub time_ms: TimeMs,
    /// The block of the last anchor; none before the first.
    pub anchor: Option<ChainBlock>,
    pub epoch: Epoch,
    /// The first epoch without a seal.
    pub unsealed: Epoch,
}

/// The open commitments of a hotkey, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Commitments(pub Vec<(Digest, ChainBlock)>);

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Session {
    pub key: SessionKey,
    pub sequence: u64,
    /// Epochs in a row without any report.
    pub absences: u32,
    /// Too many absences: nothing is assigned until the key is registered anew.
    pub ended: bool,
}

/// The life of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Proposed,
    Active,
    Paused,
    Retired,
}

/// A change that the owner has signed and the next epoch brings.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Change {
    pub version: u32,
    pub status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Challenge {
    pub version: u32,
    pub status: Status,
    pub next: Option<Change>,
    /// When the last pause, resumption or end expires: only a later one counts.
    pub shifted: Height,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Submission {
    pub announcement: Announcement,
    pub epoch: Epoch,
    pub height: Height,
    pub time_ms: TimeMs,
    /// Where the chain has its commitment.
    pub committed_at: ChainBlock,
    /// The earlier submission of the same artifact.
    pub duplicate_of: Option<SubmissionId>,
    /// Epochs in which nobody could agree about it, since it last had a score.
    pub attempts: u8,
    /// Where its last agreed score is.
    pub last: Option<(u32, Epoch)>,
    /// Rejected or un-approved: never champion.
    pub barred: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Claim {
    pub submission: SubmissionId,
    pub committed_at: ChainBlock,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Quota(pub u16);

/// The epoch in which an entrant was announced, or tried last.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Entrant(pub Epoch);

/// What was frozen when an epoch opened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Opened {
    pub anchor: ChainBlock,
    pub seed: [u8; 32],
    pub validators: Vec<(Hotkey, Power)>,
    /// What is contested, by the version whose rules judge and pay in this epoch.
    pub challenges: Vec<(ChallengeId, u32)>,
    pub height: Height,
    pub time_ms: TimeMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Commit,
    Reveal,
    Closed,
}

/// All jobs of an epoch's round share their windows.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Round {
    pub phase: Phase,
    /// When this phase began.
    pub height: Height,
    pub time_ms: TimeMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Open,
    Agreed,
    /// Its first round ended without a quorum; the second decides.
    Disputed,
    Undecided,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Job {
    pub challenge: ChallengeId,
    pub version: u32,
    /// Validators with the weight of their report; whoever has several seats is here once.
    pub assigned: Vec<(Hotkey, u64)>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Commit(pub Digest);

/// What stands between two rankings.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Board {
    /// The version and epoch of the last ranking.
    pub ranked: Option<(u32, Epoch)>,
    pub champion: Option<SubmissionId>,
    pub candidate: Option<SubmissionId>,
    /// The number of the next decision.
    pub decisions: u32,
    /// Champions so far, the last one at the end.
    pub approved: Vec<SubmissionId>,
    /// Who leads the pay, and since when; decay counts from there.
    pub leader: Option<(SubmissionId, Epoch)>,
}

/// A board that later decisions leave alone.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Standing {
    pub board: Board,
    /// Barred since then; here they still count.
    pub spared: Vec<SubmissionId>,
}

/// A message, and who posted it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Posted {
    pub hotkey: Hotkey,
    pub sequence: u64,
    pub message: Vec<u8>,
    pub height: Height,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Poster {
    /// Of the last post, whose message has this digest.
    pub sequence: u64,
    pub message: Digest,
    /// The epoch of the last post, and how many were posted in it.
    pub epoch: Epoch,
    pub posts: u16,
}

/// What the validators agreed on about a whole epoch of a challenge.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Weighing {
    pub outcome: Outcome,
    /// Weight behind the outcome, of all that was assigned.
    pub weight: u64,
    pub assigned_weight: u64,
    pub height: Height,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Slot(pub Vec<u8>);

/// The value to come; none removes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pending(pub Option<Vec<u8>>);

/// Bytes of the keys and values of a challenge's own state, with the changes that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Holding(pub u64);

/// Entries to put, or to remove where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes(pub BTreeMap<Key, Option<Value>>);

/// The whole state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<Key, Value>);

impl State {
    /// The state before the first block. Epoch 0 is open, without validators. The first voters' keys are
    /// registered. (S2.1, S8.1)
    pub fn new(genesis: &Genesis) -> Self {
        let now = Now {
            height: Height(0),
            time_ms: genesis.time_ms,
            anchor: None,
            epoch: Epoch(0),
            unsealed: Epoch(0),
        };
        let opened = Opened {
            anchor: genesis.chain_start,
            seed: [0; 32],
            validators: Vec::new(),
            challenges: Vec::new(),
            height: Height(0),
            time_ms: genesis.time_ms,
        };
        let entries = [
            (Key::Genesis(), genesis.clone().into()),
            (Key::Now(), now.into()),
            (Key::Epoch(Epoch(0)), opened.into()),
            (Key::Voters(Height(1)), genesis.voters.first().into()),
        ];
        let sessions = genesis.voters.seats().iter().map(|seat| {
            let session = Session { key: seat.session, sequence: 0, absences: 0, ended: false };
            (Key::Session(seat.hotkey), session.into())
        });
        Self(entries.into_iter().chain(sessions).collect())
    }

    /// A state from its entries.
    pub fn from_entries(entries: impl IntoIterator<Item = (Key, Value)>) -> Self {
        Self(entries.into_iter().collect())
    }

    pub fn entries(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes the writes, and returns those that undo them.
    pub fn apply(&mut self, writes: Writes) -> Writes {
        let undo = writes.0.into_iter().map(|(key, value)| {
            let before = match value {
                Some(value) => self.0.insert(key.clone(), value),
                None => self.0.remove(&key),
            };
            (key, before)
        });
        Writes(undo.collect())
    }
}

impl View for State {
    fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key)
    }

    fn range(&self, from: &Key, to: &Key) -> Vec<(&Key, &Value)> {
        self.0.range(from..=to).collect()
    }

    fn last(&self, from: &Key, to: &Key) -> Option<(&Key, &Value)> {
        self.0.range(from..=to).next_back()
    }
}
