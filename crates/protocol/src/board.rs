//! Step 6: the ranking of a challenge, its champion, and the candidate that waits for approval.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Agreed, Board, Key, Submission, Value, View};
use crate::{limits, registry, standing};
use agon_types::action::{Decision, Verdict};
use agon_types::event::Event;
use agon_types::manifest::{Approval, WeightRule};
use agon_types::{
    Action, ChainBlock, ChallengeId, Digest, Epoch, Hotkey, Manifest, Outcome, PublicKey, Score,
    SubmissionId, Verified,
};

/// One line of a ranking. Only scores of one seed stand in one ranking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub submission: SubmissionId,
    pub hotkey: Hotkey,
    pub score: Score,
    /// Good enough in every benchmark, and not barred.
    pub eligible: bool,
    pub committed_at: ChainBlock,
}

/// The last ranking of a challenge, best first; of equal scores the earlier submission is first. (S5.8, S5.9)
pub fn rows(view: &impl View, challenge: &ChallengeId) -> Vec<Row> {
    let ranked = view.board(challenge.clone()).and_then(|board| board.ranked);
    ranked.map(|of| rows_of(view, challenge, (of, &[]))).unwrap_or_default()
}

/// The ranking of an epoch; whoever is spared is not barred yet. (S6.7)
pub fn rows_of(
    view: &impl View,
    challenge: &ChallengeId,
    ((version, epoch), spared): ((u32, Epoch), &[SubmissionId]),
) -> Vec<Row> {
    let edge = |byte| Key::Score(challenge.clone(), version, epoch, SubmissionId(Digest([byte; 32])));
    let Some(manifest) = view.manifest(challenge.clone(), version) else { return Vec::new() };
    let entries = view.range(&edge(0), &edge(0xff)).into_iter();
    let mut rows: Vec<(Row, agon_types::Height)> = entries
        .filter_map(|(key, value)| {
            let (Key::Score(_, _, _, submission), Value::Score(agreed)) = (key, value) else { return None };
            // Whoever lost its artifact to an earlier commitment while it was evaluated has no place. (S1.6)
            let known = view.submission(*submission).filter(|known| known.duplicate_of.is_none())?;
            let row = Row {
                submission: *submission,
                hotkey: known.announcement.hotkey,
                score: agreed.score,
                eligible: (!known.barred || spared.contains(submission)) && is_eligible(manifest, agreed),
                committed_at: known.committed_at,
            };
            Some((row, known.height))
        })
        .collect();
    rows.sort_by_key(|(row, height)| {
        (std::cmp::Reverse(row.score), row.committed_at, *height, row.submission)
    });
    rows.into_iter().map(|(row, _)| row).collect()
}

/// It has a score, and every benchmark reaches its minimum. (S5.7)
fn is_eligible(manifest: &Manifest, agreed: &Agreed) -> bool {
    let Outcome::Scored(measured) = &agreed.outcome else { return false };
    agreed.score > Score::ZERO
        && measured.len() == manifest.benchmarks.len()
        && measured.iter().zip(&manifest.benchmarks).all(|(got, benchmark)| got.score >= benchmark.score_min)
}

/// The last agreed result of a submission, of whatever epoch.
pub fn last_agreed<'v>(view: &'v impl View, known: &Submission, id: SubmissionId) -> Option<&'v Agreed> {
    let (version, epoch) = known.last?;
    view.agreed(known.announcement.challenge.clone(), version, epoch, id)
}

/// Whether the last result of a champion up to an epoch is good enough to earn in it. (S5.7, S6.8)
pub fn earns(view: &impl View, id: SubmissionId, epoch: Epoch) -> bool {
    let earns = || {
        let known = view.submission(id)?;
        let challenge = &known.announcement.challenge;
        let (version, epoch) = last_until(view, known, (id, epoch))?;
        let agreed = view.agreed(challenge.clone(), version, epoch, id)?;
        Some(is_eligible(view.manifest(challenge.clone(), version)?, agreed))
    };
    earns().unwrap_or(false)
}

/// Where the last agreed result of a submission up to an epoch is. Results of later epochs may be there already.
fn last_until(
    view: &impl View,
    known: &Submission,
    (id, until): (SubmissionId, Epoch),
) -> Option<(u32, Epoch)> {
    let last = known.last?;
    if last.1 <= until {
        return Some(last);
    }
    let challenge = &known.announcement.challenge;
    (known.epoch.0..=until.0).rev().map(Epoch).find_map(|epoch| {
        let (_, version) = view.opened(epoch)?.challenges.iter().find(|(id, _)| id == challenge)?;
        view.agreed(challenge.clone(), *version, epoch, id).map(|_| (*version, epoch))
    })
}

/// Ranks every challenge of an epoch, once; without any new score the former ranking stands. (S5.8)
///
/// The jobs of the epoch and of all before it have ended, so rankings are made in the order of their epochs.
pub fn rank_all(draft: &mut Draft<'_>, epoch: Epoch) {
    let contested = draft.opened(epoch).map(|opened| opened.challenges.clone()).unwrap_or_default();
    for (challenge, version) in contested {
        let ranked = draft.board(challenge.clone()).and_then(|board| board.ranked);
        if ranked.is_some_and(|(_, last)| last >= epoch) {
            continue;
        }
        let rows = rows_of(draft, &challenge, ((version, epoch), &[]));
        let manifest = draft.manifest(challenge, version).cloned();
        if let Some(manifest) = manifest.filter(|_| !rows.is_empty()) {
            rank_kept(draft, &manifest, epoch);
            rank(draft, &manifest, (epoch, rows));
        }
    }
}

/// What was kept from later decisions is ranked as well, and nobody is told: it is only paid from. (S6.7)
fn rank_kept(draft: &mut Draft<'_>, manifest: &Manifest, epoch: Epoch) {
    for (until, mut kept) in standing::of_epoch(draft, &manifest.id, epoch) {
        let rows = rows_of(draft, &manifest.id, ((manifest.version, epoch), &kept.spared));
        let board = &mut kept.board;
        board.ranked = Some((manifest.version, epoch));
        if manifest.approval == Approval::Automatic {
            board.champion = challenger(manifest, board, &rows).or(board.champion);
        }
        lead(manifest, board, (epoch, &rows));
        draft.put(Key::Standing(manifest.id.clone(), until), kept);
    }
}

fn rank(draft: &mut Draft<'_>, manifest: &Manifest, (epoch, rows): (Epoch, Vec<Row>)) {
    let challenge = manifest.id.clone();
    let mut board = draft.board(challenge.clone()).cloned().unwrap_or_default();
    board.ranked = Some((manifest.version, epoch));
    draft.tell(Event::BoardChanged { challenge: challenge.clone(), epoch });
    let winner = challenger(manifest, &board, &rows);
    match manifest.approval {
        Approval::Automatic => {
            board.candidate = None;
            if winner.is_some() {
                crown(draft, (&challenge, &mut board), winner);
            }
        }
        Approval::Manual { .. } => propose(draft, (&challenge, &mut board), (winner, &rows)),
    }
    lead(manifest, &mut board, (epoch, &rows));
    draft.put(Key::Board(challenge), board);
}

/// Whoever beats the champion now is the candidate; who was it and beats it no longer is not. (S5.10)
fn propose(
    draft: &mut Draft<'_>,
    (challenge, board): (&ChallengeId, &mut Board),
    (winner, rows): (Option<SubmissionId>, &[Row]),
) {
    let Some(submission) = winner else {
        // Without a new score the former one stands, and with it the candidate.
        board.candidate = board.candidate.filter(|known| rows.iter().all(|row| row.submission != *known));
        return;
    };
    if board.candidate != winner {
        board.candidate = winner;
        let number = board.decisions;
        draft.tell(Event::CandidateProposed { challenge: challenge.clone(), submission, number });
    }
}

/// The best eligible submission that beats the champion by the margin, under the same seed. (S5.10)
fn challenger(manifest: &Manifest, board: &Board, rows: &[Row]) -> Option<SubmissionId> {
    let best = rows.iter().find(|row| row.eligible && Some(row.submission) != board.champion)?;
    let Some(champion) = board.champion else { return Some(best.submission) };
    // A champion without a score under this seed cannot be compared, so it stands.
    let standing = rows.iter().find(|row| row.submission == champion)?;
    if !standing.eligible {
        return Some(best.submission);
    }
    let one = u64::from(Score::ONE.billionths());
    let needed = u64::from(standing.score.billionths()) * (one + u64::from(manifest.win_margin.billionths()));
    (u64::from(best.score.billionths()) * one > needed).then_some(best.submission)
}

fn crown(
    draft: &mut Draft<'_>,
    (challenge, board): (&ChallengeId, &mut Board),
    champion: Option<SubmissionId>,
) {
    board.champion = champion;
    board.candidate = board.candidate.filter(|candidate| Some(*candidate) != champion);
    if let Some(champion) = champion {
        board.approved.retain(|known| *known != champion);
        board.approved.push(champion);
        let surplus = board.approved.len().saturating_sub(limits::APPROVED_MAX);
        board.approved.drain(..surplus);
    }
    draft.tell(Event::ChampionChanged { challenge: challenge.clone(), champion });
}

/// Notes who leads the pay, and since when. (S6.9)
fn lead(manifest: &Manifest, board: &mut Board, (epoch, rows): (Epoch, &[Row])) {
    let leader = match manifest.weight_rule {
        WeightRule::Champion => board.champion,
        WeightRule::Proportional | WeightRule::Weigh => {
            rows.iter().find(|row| row.eligible).map(|row| row.submission)
        }
    };
    if board.leader.map(|(known, _)| known) != leader {
        board.leader = leader.map(|leader| (leader, epoch));
    }
}

/// Approves or rejects a candidate, or un-approves a champion. (S5.11, S5.12)
pub fn decide(draft: &mut Draft<'_>, action: &Verified<Action>, decision: &Decision) -> Result<(), Reason> {
    let challenge = decision.challenge.clone();
    let known = draft.challenge(challenge.clone()).cloned();
    let known = known.ok_or_else(|| Reason::UnknownChallenge { challenge: challenge.clone() })?;
    let manifest = draft.manifest(challenge.clone(), known.version).cloned();
    let manifest = manifest.ok_or_else(|| Reason::UnknownChallenge { challenge: challenge.clone() })?;
    check_approver(draft, action, &manifest)?;
    if decision.note.len() > agon_types::limits::NOTE_BYTES_MAX {
        return Err(Reason::BadNote);
    }
    let mut board = draft.board(challenge.clone()).cloned().unwrap_or_default();
    if decision.number != board.decisions {
        return Err(Reason::WrongNumber { expected: board.decisions, got: decision.number });
    }
    let submission = decision.submission;
    if draft.submission(submission).is_none() {
        return Err(Reason::UnknownSubmission { submission });
    }
    let subject = match decision.verdict {
        Verdict::Approve | Verdict::Reject => board.candidate,
        Verdict::Unapprove => board.champion,
    };
    if subject != Some(submission) {
        return Err(Reason::NotCandidate { submission });
    }
    standing::keep(draft, &challenge, &board);
    board.decisions = board.decisions.saturating_add(1);
    carry_out(draft, (&manifest, &mut board), decision);
    let rows = rows(draft, &challenge);
    let epoch = draft.epoch();
    lead(&manifest, &mut board, (epoch, &rows));
    draft.put(Key::Board(challenge), board);
    Ok(())
}

fn carry_out(draft: &mut Draft<'_>, (manifest, board): (&Manifest, &mut Board), decision: &Decision) {
    let (submission, note) = (decision.submission, decision.note.clone());
    let challenge = manifest.id.clone();
    match decision.verdict {
        Verdict::Approve => {
            board.candidate = None;
            draft.tell(Event::CandidateApproved { challenge, submission, note });
            crown(draft, (&manifest.id, board), Some(submission));
        }
        Verdict::Reject => {
            board.candidate = None;
            bar(draft, board, submission);
            draft.tell(Event::CandidateRejected { challenge, submission, note });
        }
        Verdict::Unapprove => {
            bar(draft, board, submission);
            draft.tell(Event::CandidateUnapproved { challenge, submission, note });
            let heir = runner_up(draft, manifest, board);
            crown(draft, (&manifest.id, board), heir);
        }
    }
}

/// Whoever is best on the board among those that were champion before; where nobody has to approve, the best. (S5.12)
fn runner_up(draft: &Draft<'_>, manifest: &Manifest, board: &Board) -> Option<SubmissionId> {
    let rows = rows(draft, &manifest.id);
    let mut eligible = rows.iter().filter(|row| row.eligible).map(|row| row.submission);
    match manifest.approval {
        Approval::Automatic => eligible.next(),
        Approval::Manual { .. } => {
            let on_board = eligible.find(|submission| board.approved.contains(submission));
            on_board.or_else(|| board.approved.last().copied())
        }
    }
}

/// A barred submission is never champion again, not even as the one to fall back to.
fn bar(draft: &mut Draft<'_>, board: &mut Board, submission: SubmissionId) {
    board.approved.retain(|known| *known != submission);
    if let Some(known) = draft.submission(submission).cloned() {
        standing::spare(draft, &known.announcement.challenge, submission);
        draft.put(Key::Submission(submission), Submission { barred: true, ..known });
    }
}

fn check_approver(draft: &Draft<'_>, action: &Verified<Action>, manifest: &Manifest) -> Result<(), Reason> {
    let named = match &manifest.approval {
        Approval::Automatic => false,
        Approval::Manual { approvers } => {
            approvers.iter().any(|approver| action.is_signed_by(PublicKey::Hotkey(*approver)))
        }
    };
    if named || registry::check_owner(draft.network().ok_or(Reason::NoGenesis)?, action).is_ok() {
        Ok(())
    } else {
        Err(Reason::NotApprover)
    }
}
