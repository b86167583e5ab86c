//! Step 1 of a submission's way: the announcement. The artifact's digest was on the chain before anyone saw it.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Claim, Commitments, Entrant, Key, Quota, Submission, Value, View};
use crate::{board, registry};
use agon_types::event::Event;
use agon_types::{
    Action, Announcement, ChainBlock, ChallengeId, Digest, JobId, Outcome, PublicKey, SubmissionId, Verified,
    limits,
};
use serde::Serialize;

/// Admits a submission, or says why not. A version is one artifact for ever. (S1.8)
pub fn announce(
    draft: &mut Draft<'_>,
    action: &Verified<Action>,
    stated: &Announcement,
) -> Result<(), Reason> {
    let genesis = draft.network().ok_or(Reason::NoGenesis)?;
    let now = draft.time().ok_or(Reason::NoGenesis)?;
    if !action.is_signed_by(PublicKey::Hotkey(stated.hotkey)) {
        return Err(Reason::NotSignedBy { hotkey: stated.hotkey });
    }
    let id = stated.submission(&genesis.network);
    if let Some(known) = draft.submission(id) {
        let same = known.announcement == *stated;
        return Err(if same { Reason::AlreadyDone } else { Reason::VersionTaken { submission: id } });
    }
    let quota = check_rules(draft, stated)?;
    let committed_at = take_commitment(draft, stated)?;
    draft.put(Key::Quota(now.epoch, stated.challenge.clone(), stated.hotkey), quota);

    let submission = Submission {
        announcement: stated.clone(),
        epoch: now.epoch,
        height: now.height,
        time_ms: now.time_ms,
        committed_at,
        duplicate_of: claim(draft, stated, (id, committed_at)),
        attempts: 0,
        last: None,
        barred: false,
    };
    let (challenge, label) = (stated.challenge.clone(), stated.label.clone());
    draft.tell(Event::SubmissionAnnounced { challenge, submission: id, hotkey: stated.hotkey, label });
    match submission.duplicate_of {
        Some(of) => {
            draft.tell(Event::SubmissionDuplicate {
                challenge: stated.challenge.clone(),
                submission: id,
                of,
            });
        }
        None => draft.put(Key::Entrant(stated.challenge.clone(), id), Entrant(now.epoch)),
    }
    draft.put(Key::Submission(id), submission);
    Ok(())
}

/// The rules that need no chain commitment: a hub asks them before it gives a ticket. (S1.1, S1.2, S1.3, S1.5)
pub fn check_rules(view: &impl View, stated: &Announcement) -> Result<Quota, Reason> {
    let manifest = registry::open_manifest(view, &stated.challenge)?;
    if !manifest.agents.contains(&stated.kind) {
        return Err(Reason::KindNotAllowed { kind: stated.kind });
    }
    if stated.size_bytes == 0 || stated.size_bytes > manifest.artifact_bytes_max {
        return Err(Reason::WrongSize { size: stated.size_bytes, max: manifest.artifact_bytes_max });
    }
    if stated.label.len() > limits::LABEL_BYTES_MAX || stated.label.chars().any(char::is_control) {
        return Err(Reason::BadLabel);
    }
    if view.neuron(stated.hotkey).is_none() {
        return Err(Reason::NotRegistered { hotkey: stated.hotkey });
    }
    let epoch = view.now().ok_or(Reason::NoGenesis)?.epoch;
    let used = view.quota(epoch, stated.challenge.clone(), stated.hotkey).map_or(0, |quota| quota.0);
    if used >= manifest.quota_per_epoch {
        return Err(Reason::QuotaExceeded { max: manifest.quota_per_epoch, epoch });
    }
    Ok(Quota(used.saturating_add(1)))
}

/// Where the chain has the commitment of an announcement, if it is open. (S1.4)
pub fn open_commitment(view: &impl View, stated: &Announcement) -> Option<ChainBlock> {
    let commitment = stated.commitment(&view.genesis()?.network);
    let open = &view.commitments(stated.hotkey)?.0;
    open.iter().find(|(known, _)| *known == commitment).map(|(_, block)| *block)
}

fn take_commitment(draft: &mut Draft<'_>, stated: &Announcement) -> Result<ChainBlock, Reason> {
    let hotkey = stated.hotkey;
    let block = open_commitment(draft, stated).ok_or(Reason::NoCommitment { hotkey })?;
    let network = &draft.network().ok_or(Reason::NoGenesis)?.network;
    let commitment = stated.commitment(network);
    let mut open = draft.commitments(hotkey).cloned().unwrap_or_default().0;
    open.retain(|(known, _)| *known != commitment);
    if open.is_empty() {
        draft.remove(Key::Commitments(hotkey));
    } else {
        draft.put(Key::Commitments(hotkey), Commitments(open));
    }
    Ok(block)
}

/// The earliest commitment owns an artifact; a late announcement never unseats a scored one. (S1.6)
///
/// Returns the submission that owns it, if that is another one.
fn claim(
    draft: &mut Draft<'_>,
    stated: &Announcement,
    (id, committed_at): (SubmissionId, ChainBlock),
) -> Option<SubmissionId> {
    let key = || Key::Claim(stated.challenge.clone(), stated.artifact);
    let owner = draft.claim(stated.challenge.clone(), stated.artifact).cloned();
    if let Some(owner) = owner {
        let mut former = draft.submission(owner.submission).cloned()?;
        if owner.committed_at <= committed_at || former.last.is_some() {
            return Some(owner.submission);
        }
        former.duplicate_of = Some(id);
        draft.put(Key::Submission(owner.submission), former);
        draft.remove(Key::Entrant(stated.challenge.clone(), owner.submission));
        let challenge = stated.challenge.clone();
        draft.tell(Event::SubmissionDuplicate { challenge, submission: owner.submission, of: id });
    }
    draft.put(key(), Claim { submission: id, committed_at });
    None
}

/// The submissions of a challenge, in the order of their ids.
pub fn of_challenge(view: &impl View, challenge: &ChallengeId) -> Vec<SubmissionId> {
    let edge = |byte| Key::Submission(SubmissionId(Digest([byte; 32])));
    let entries = view.range(&edge(0), &edge(0xff)).into_iter();
    let ours = entries.filter_map(|(key, value)| match (key, value) {
        (Key::Submission(id), Value::Submission(known)) if known.announcement.challenge == *challenge => {
            Some(*id)
        }
        _ => None,
    });
    ours.collect()
}

/// Where a submission stands, in the words that people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Announced,
    Evaluating,
    Scored,
    Undecided,
    Candidate,
    Champion,
    Duplicate,
    Failed,
}

impl Status {
    /// The word that programs rely on.
    pub fn code(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Evaluating => "evaluating",
            Self::Scored => "scored",
            Self::Undecided => "undecided",
            Self::Candidate => "candidate",
            Self::Champion => "champion",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
        }
    }
}

/// Where a submission stands now. (S1.7)
pub fn status(view: &impl View, id: SubmissionId) -> Option<Status> {
    let submission = view.submission(id)?;
    let challenge = &submission.announcement.challenge;
    if submission.duplicate_of.is_some() {
        return Some(Status::Duplicate);
    }
    let board = view.board(challenge.clone());
    if board.is_some_and(|board| board.champion == Some(id)) {
        return Some(Status::Champion);
    }
    if board.is_some_and(|board| board.candidate == Some(id)) {
        return Some(Status::Candidate);
    }
    let epoch = view.now()?.epoch;
    let open = |round| {
        let job = view.job(JobId { epoch, round, submission: id });
        job.is_some_and(|job| job.verdict == crate::state::Verdict::Open)
    };
    let outcome = board::last_agreed(view, submission, id).map(|agreed| &agreed.outcome);
    Some(match outcome {
        Some(Outcome::Failed(_)) => Status::Failed,
        Some(Outcome::Scored(_) | Outcome::Weighed(_)) => Status::Scored,
        None if open(0) || open(1) => Status::Evaluating,
        None if submission.attempts > 0 => Status::Undecided,
        None => Status::Announced,
    })
}
