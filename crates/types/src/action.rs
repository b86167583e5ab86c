//! What people and validators ask of the ledger: signed actions, each with a fixed tag.

use crate::manifest::{AgentKind, Manifest};
use crate::signed::Purpose;
use crate::{
    ChallengeId, Digest, Height, Hotkey, JobId, Misbehaviour, NetworkId, Report, SessionKey, SubmissionId,
    codec, limits,
};
use crate::{Signed, id};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// One request, which counts until a height is passed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Action {
    pub expires_at_height: Height,
    pub body: ActionBody,
}

impl Purpose for Action {
    const PURPOSE: &'static str = "action";
    const VERSION: u16 = 1;
}

/// What is asked. The numbers are fixed for ever; `docs/spec.md` lists them, and those that are not here yet.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ActionBody {
    /// A hotkey lets a session key sign for it; both sign. The higher sequence wins.
    RegisterSession { hotkey: Hotkey, session: SessionKey, sequence: u64 } = 0,
    /// The owner opens a challenge.
    PublishChallenge(Box<Manifest>) = 1,
    /// The owner replaces the rules of a challenge by its next version.
    UpdateChallenge(Box<Manifest>) = 2,
    /// The owner pauses, resumes or retires a version of a challenge.
    ShiftChallenge { challenge: ChallengeId, version: u32, shift: Shift } = 3,
    /// A miner enters an artifact.
    Announce(Announcement) = 4,
    /// A validator hides its report.
    Commit { job: JobId, validator: Hotkey, commit: Digest } = 5,
    /// A validator shows the report that it hid.
    Reveal { report: Report, salt: [u8; 32] } = 6,
    /// The owner or an approver decides on a candidate or a champion.
    Decide(Decision) = 7,
    /// Anyone on the chain sends a message to a challenge, which its next `weigh` reads.
    Post(Post) = 8,
    /// Anyone shows that a voter signed two things at once.
    Misbehaviour(Box<Misbehaviour>) = 10,
    /// The owner gives a voter its vote back, after the misbehaviour that was proven at this height.
    Readmit { hotkey: Hotkey, proven: Height } = 13,
}

/// The tags that `docs/spec.md` has given away and no rule accepts yet.
const RESERVED_TAGS: [u8; 3] = [9, 11, 12];

/// What the owner does with a whole challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    Pause,
    Resume,
    Retire,
}

/// What a miner says of an artifact: its digest and size, never its content.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    pub challenge: ChallengeId,
    pub hotkey: Hotkey,
    pub version: u32,
    pub kind: AgentKind,
    pub artifact: Digest,
    pub size_bytes: u64,
    /// A name for people.
    pub label: String,
}

impl Announcement {
    pub fn submission(&self, network: &NetworkId) -> SubmissionId {
        SubmissionId::new(network, &self.challenge, &self.hotkey, self.version)
    }

    /// What the miner must have written on the chain before.
    pub fn commitment(&self, network: &NetworkId) -> Digest {
        id::commitment(network, &self.challenge, &self.hotkey, &self.artifact)
    }
}

/// What is decided of a candidate or a champion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Approve,
    Reject,
    Unapprove,
}

/// A decision, with the number that makes it count once.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    pub challenge: ChallengeId,
    pub submission: SubmissionId,
    /// The next number of the challenge's board.
    pub number: u32,
    pub verdict: Verdict,
    pub note: String,
}

/// A message to a challenge.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    pub challenge: ChallengeId,
    pub hotkey: Hotkey,
    /// Counts up with each post of the hotkey to the challenge, so that each counts once.
    pub sequence: u64,
    pub message: Vec<u8>,
}

/// Why bytes are not a signed action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Codec(#[from] codec::Error),
    #[error("the action has the tag {0}, which this version does not know: update this node")]
    Unknown(u8),
}

impl Signed<Action> {
    /// Reads an action from outside; one of a later version is told from rubbish.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let tag = bytes.get(8).copied();
        match codec::decode(bytes, limits::ACTION_BYTES_MAX) {
            Ok(signed) => Ok(signed),
            Err(_) if tag.is_some_and(|tag| RESERVED_TAGS.contains(&tag)) => {
                Err(Error::Unknown(tag.unwrap_or_default()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HotkeyPair, SessionPair};

    fn register() -> Signed<Action> {
        let (hotkey, session) = (HotkeyPair::from_seed(&[1; 32]), SessionPair::from_seed(&[2; 32]));
        let body =
            ActionBody::RegisterSession { hotkey: hotkey.hotkey(), session: session.session(), sequence: 1 };
        let network = "test".parse().unwrap();
        Signed::new(&network, Action { expires_at_height: Height(9), body }, &[&hotkey, &session])
    }

    #[test]
    fn an_action_of_a_later_version_is_told_from_rubbish() {
        let signed = register();
        let bytes = codec::encode(&signed);
        assert_eq!(Signed::<Action>::decode(&bytes), Ok(signed));
        let mut later = bytes.clone();
        later[8] = 9;
        assert_eq!(Signed::<Action>::decode(&later), Err(Error::Unknown(9)));
        let mut rubbish = bytes.clone();
        rubbish[8] = 200;
        assert!(matches!(Signed::<Action>::decode(&rubbish), Err(Error::Codec(_))));
        let mut trailing = bytes;
        trailing.push(0);
        assert!(matches!(Signed::<Action>::decode(&trailing), Err(Error::Codec(_))));
    }
}
