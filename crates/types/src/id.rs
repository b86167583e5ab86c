//! Names: of a network, a challenge, a submission, a job.

use crate::codec::serde_as_text;
use crate::{Digest, Epoch, Hotkey, limits};
use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;
use std::io;
use std::str::FromStr;

/// Text that is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a name: use 1 to 32 characters of a-z, 0-9 and '-', beginning with a letter")]
pub struct NotASlug(pub String);

fn slug(text: &str) -> Result<String, NotASlug> {
    let body = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if begins && text.len() <= limits::SLUG_BYTES_MAX && text.bytes().all(body) {
        Ok(text.to_owned())
    } else {
        Err(NotASlug(text.chars().take(40).collect()))
    }
}

macro_rules! slug_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotASlug;
            fn from_str(text: &str) -> Result<Self, NotASlug> {
                slug(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl BorshDeserialize for $name {
            fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
                let text = String::deserialize_reader(reader)?;
                text.parse().map_err(|error: NotASlug| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
            }
        }

        serde_as_text!($name);
    };
}

slug_type!(
    /// The network that a signature is for.
    NetworkId
);
slug_type!(
    /// A challenge, by its slug.
    ChallengeId
);
slug_type!(
    /// The version of engine, settings and ABI under which a challenge is scored.
    EngineProfile
);

/// One artifact entered in one challenge by one hotkey at one version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct SubmissionId(pub Digest);

impl SubmissionId {
    pub fn new(network: &NetworkId, challenge: &ChallengeId, hotkey: &Hotkey, version: u32) -> Self {
        Self(Digest::tagged("agon/submission", &(network, challenge, hotkey, version)))
    }

    /// What stands in the place of a submission in the job that weighs an epoch of a challenge.
    pub fn weigh(network: &NetworkId, challenge: &ChallengeId) -> Self {
        Self(Digest::tagged("agon/weigh", &(network, challenge)))
    }

    /// The first characters, for people.
    pub fn short(&self) -> String {
        self.0.short()
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the id of a {1}")]
pub struct NotAnId(pub String, pub &'static str);

impl FromStr for SubmissionId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        text.parse().map(Self).map_err(|_| NotAnId(text.chars().take(80).collect(), "submission"))
    }
}

serde_as_text!(SubmissionId);

/// The digest that a miner writes on the chain before anyone else sees the artifact.
pub fn commitment(
    network: &NetworkId,
    challenge: &ChallengeId,
    hotkey: &Hotkey,
    plaintext: &Digest,
) -> Digest {
    Digest::tagged("agon/commitment", &(network, challenge, hotkey, plaintext))
}

/// The evaluation of one submission in one epoch: round 0 asks the assigned validators, round 1 all of them. Or the
/// weighing of an epoch of a challenge, in rounds 2 and 3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct JobId {
    pub epoch: Epoch,
    pub round: u8,
    pub submission: SubmissionId,
}

impl JobId {
    /// The round in which the scores of an epoch are weighed.
    pub const WEIGH: u8 = 2;

    /// Whether it weighs an epoch; else it scores a submission.
    pub fn is_weigh(&self) -> bool {
        self.round >= Self::WEIGH
    }

    /// The same job in the round that asked first.
    pub fn first_round(self) -> Self {
        let round = if self.is_weigh() { Self::WEIGH } else { 0 };
        Self { round, ..self }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.epoch, self.round, self.submission)
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for JobId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let parse = || {
            let (epoch, rest) = text.split_once('.')?;
            let (round, submission) = rest.split_once('.')?;
            Some(Self {
                epoch: Epoch(epoch.parse().ok()?),
                round: round.parse().ok()?,
                submission: submission.parse().ok()?,
            })
        };
        parse().ok_or_else(|| NotAnId(text.chars().take(80).collect(), "job"))
    }
}

serde_as_text!(JobId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slugs_name_things() {
        for good in ["a", "route", "compress-2", "x1-y2"] {
            assert!(good.parse::<ChallengeId>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "A", "a_b", "a b", "ä", &"a".repeat(33)] {
            assert!(bad.parse::<ChallengeId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_job_scores_in_two_rounds_and_weighs_in_two() {
        let job = |round| JobId { epoch: Epoch(7), round, submission: SubmissionId(Digest::of(b"x")) };
        assert_eq!([0, 1, 2, 3].map(|round| job(round).is_weigh()), [false, false, true, true]);
        assert_eq!([0, 1, 2, 3].map(|round| job(round).first_round().round), [0, 0, 2, 2]);
    }

    #[test]
    fn a_job_reads_back_from_its_text() {
        let job = JobId { epoch: Epoch(7), round: 1, submission: SubmissionId(Digest::of(b"x")) };
        assert_eq!(job.to_string().parse::<JobId>().unwrap(), job);
    }
}
