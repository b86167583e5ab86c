//! What the world is told: one event for each thing that happened to the contest, numbered by the hub.

use crate::{ChallengeId, Digest, Epoch, FailureReason, Height, Hotkey, JobId, Score, SubmissionId, TimeMs};
use serde::{Deserialize, Serialize};

/// A thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    #[serde(rename = "submission.announced")]
    SubmissionAnnounced { challenge: ChallengeId, submission: SubmissionId, hotkey: Hotkey, label: String },
    #[serde(rename = "submission.duplicate")]
    SubmissionDuplicate { challenge: ChallengeId, submission: SubmissionId, of: SubmissionId },
    #[serde(rename = "submission.evaluating")]
    SubmissionEvaluating { challenge: ChallengeId, submission: SubmissionId, epoch: Epoch },
    #[serde(rename = "report.committed")]
    ReportCommitted { challenge: ChallengeId, job: JobId, validator: Hotkey },
    #[serde(rename = "report.revealed")]
    ReportRevealed { challenge: ChallengeId, job: JobId, validator: Hotkey },
    #[serde(rename = "score.agreed")]
    ScoreAgreed { challenge: ChallengeId, submission: SubmissionId, epoch: Epoch, score: Score },
    #[serde(rename = "submission.failed")]
    SubmissionFailed { challenge: ChallengeId, submission: SubmissionId, epoch: Epoch, reason: FailureReason },
    #[serde(rename = "score.disputed")]
    ScoreDisputed { challenge: ChallengeId, submission: SubmissionId, epoch: Epoch },
    #[serde(rename = "submission.undecided")]
    SubmissionUndecided { challenge: ChallengeId, submission: SubmissionId, epoch: Epoch },
    #[serde(rename = "board.changed")]
    BoardChanged { challenge: ChallengeId, epoch: Epoch },
    #[serde(rename = "candidate.proposed")]
    CandidateProposed { challenge: ChallengeId, submission: SubmissionId, number: u32 },
    #[serde(rename = "candidate.approved")]
    CandidateApproved { challenge: ChallengeId, submission: SubmissionId, note: String },
    #[serde(rename = "candidate.rejected")]
    CandidateRejected { challenge: ChallengeId, submission: SubmissionId, note: String },
    #[serde(rename = "candidate.unapproved")]
    CandidateUnapproved { challenge: ChallengeId, submission: SubmissionId, note: String },
    #[serde(rename = "champion.changed")]
    ChampionChanged { challenge: ChallengeId, champion: Option<SubmissionId> },
    #[serde(rename = "epoch.opened")]
    EpochOpened { epoch: Epoch },
    #[serde(rename = "epoch.sealed")]
    EpochSealed { epoch: Epoch, seal: Digest },
    #[serde(rename = "challenge.proposed")]
    ChallengeProposed { challenge: ChallengeId, version: u32 },
    #[serde(rename = "challenge.changed")]
    ChallengeChanged { challenge: ChallengeId, version: u32, status: String },
    #[serde(rename = "challenge.posted")]
    ChallengePosted { challenge: ChallengeId, hotkey: Hotkey, sequence: u64 },
    /// With a failure nobody is paid, and the challenge's state stays as it was.
    #[serde(rename = "challenge.weighed")]
    ChallengeWeighed {
        challenge: ChallengeId,
        epoch: Epoch,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
    },
    #[serde(rename = "validator.registered")]
    ValidatorRegistered { validator: Hotkey },
    #[serde(rename = "validator.absent")]
    ValidatorAbsent { validator: Hotkey, absences: u32 },
    /// It signed two things at once, and votes no more from the next epoch on.
    #[serde(rename = "validator.misbehaved")]
    ValidatorMisbehaved { validator: Hotkey, height: Height },
    #[serde(rename = "validator.readmitted")]
    ValidatorReadmitted { validator: Hotkey },
    /// Its vote has ended with this epoch, for it missed so many certificates in a row.
    #[serde(rename = "validator.silent")]
    ValidatorSilent { validator: Hotkey, missed: u32 },
    #[serde(rename = "voters.changed")]
    VotersChanged { epoch: Epoch, voters: usize },
    #[serde(rename = "weights.set")]
    WeightsSet { validator: Hotkey, epoch: Epoch },
    #[serde(rename = "block.decided")]
    BlockDecided { height: Height, actions: usize },
}

/// An event with its number and the header time of its block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    pub id: u64,
    pub time_ms: TimeMs,
    #[serde(flatten)]
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weighing_tells_of_a_failure_only_where_there_is_one() {
        let told = |failure: Option<&str>| {
            let failure = failure.map(str::to_owned);
            let event =
                Event::ChallengeWeighed { challenge: "duel".parse().unwrap(), epoch: Epoch(3), failure };
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
            text
        };
        assert_eq!(told(None), r#"{"type":"challenge.weighed","challenge":"duel","epoch":3}"#);
        assert!(told(Some("gave_up: no games")).ends_with(r#""failure":"gave_up: no games"}"#));
    }
}
