//! The board of a challenge: ranked rows of one seed, and older scores, which are shown and never compared.

use super::submission::{self, Line};
use crate::limits;
use agon_protocol::state::View;
use agon_protocol::{State, board};
use agon_types::{ChallengeId, Epoch, Score, SubmissionId};
use serde::Serialize;
use std::collections::BTreeMap;

/// One line of a board.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// None for a score of an older seed.
    pub rank: Option<usize>,
    pub old: bool,
    pub eligible: bool,
    pub submission: SubmissionId,
    /// The epoch of the score.
    pub epoch: Option<Epoch>,
    #[serde(flatten)]
    pub line: Line,
}

impl Row {
    fn new(rank: Option<usize>, line: Line) -> Self {
        Self { rank, old: false, eligible: false, submission: line.id, epoch: line.score_epoch, line }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Board {
    pub challenge: ChallengeId,
    pub title: String,
    /// The version and epoch of the ranking.
    pub version: Option<u32>,
    pub epoch: Option<Epoch>,
    pub champion: Option<Line>,
    pub candidate: Option<Line>,
    /// The number that the next decision about a candidate or champion has to carry.
    pub decision: u32,
    pub rows: Vec<Row>,
}

fn lookup(state: &State, id: Option<SubmissionId>) -> Option<Line> {
    let id = id?;
    Some(submission::line(state, id, state.submission(id)?))
}

/// The board of a challenge; none if there is no such challenge.
pub(crate) fn of(state: &State, challenge: &ChallengeId) -> Option<Board> {
    let known = state.challenge(challenge.clone())?;
    let title = state.manifest(challenge.clone(), known.version).map(|manifest| manifest.title.clone());
    let board = state.board(challenge.clone()).cloned().unwrap_or_default();
    let ranked = board::rows(state, challenge);
    let place: BTreeMap<SubmissionId, usize> =
        (1..).zip(&ranked).map(|(rank, row)| (row.submission, rank)).collect();
    let rows = ranked.iter().filter_map(|row| {
        let line = submission::line(state, row.submission, state.submission(row.submission)?);
        // A score of a running epoch may be agreed already; the ranking is that of the last one that ended.
        let line = Line { score: Some(row.score), score_epoch: board.ranked.map(|(_, epoch)| epoch), ..line };
        Some(Row { eligible: row.eligible, ..Row::new(place.get(&row.submission).copied(), line) })
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.extend(old(state, challenge, &place));
    Some(Board {
        challenge: challenge.clone(),
        title: title.unwrap_or_default(),
        version: board.ranked.map(|(version, _)| version),
        epoch: board.ranked.map(|(_, epoch)| epoch),
        champion: lookup(state, board.champion),
        candidate: lookup(state, board.candidate),
        decision: board.decisions,
        rows,
    })
}

/// Scores that the last ranking does not have, newest epoch first, then best first.
fn old(state: &State, challenge: &ChallengeId, ranked: &BTreeMap<SubmissionId, usize>) -> Vec<Row> {
    let unranked = submission::all(state).filter(|(id, known)| {
        known.announcement.challenge == *challenge && known.last.is_some() && !ranked.contains_key(id)
    });
    let mut lines: Vec<Line> = unranked.map(|(id, known)| submission::line(state, id, known)).collect();
    let order = |line: &Line| (line.score_epoch, line.score.unwrap_or(Score::ZERO));
    lines.sort_by_key(|line| (std::cmp::Reverse(order(line)), line.id));
    lines.truncate(limits::OLD_ROWS_MAX);
    // A score that no ranking has yet is new, not old.
    let last = state.board(challenge.clone()).and_then(|board| board.ranked).map(|(_, epoch)| epoch);
    let row = |line: Line| Row { old: line.score_epoch <= last, ..Row::new(None, line) };
    lines.into_iter().map(row).collect()
}

/// A submission that waits for a decision.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Candidate {
    pub challenge: ChallengeId,
    pub submission: SubmissionId,
    pub hotkey: agon_types::Hotkey,
    pub label: String,
    pub score: Option<Score>,
    pub score_epoch: Option<Epoch>,
    /// The number that the decision has to carry.
    pub number: u32,
    pub champion: Option<SubmissionId>,
}

pub(crate) fn candidates(state: &State) -> Vec<Candidate> {
    let all = agon_protocol::registry::all(state).into_iter();
    let candidates = all.filter_map(|(challenge, _)| {
        let board = state.board(challenge.clone())?;
        let line = lookup(state, board.candidate)?;
        Some(Candidate {
            challenge,
            submission: line.id,
            hotkey: line.hotkey,
            label: line.label,
            score: line.score,
            score_epoch: line.score_epoch,
            number: board.decisions,
            champion: board.champion,
        })
    });
    candidates.collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn an_old_score_is_shown_without_a_rank_though_it_is_the_best() {
        let board = of(&sample::state(), &"route".parse().unwrap()).unwrap();
        let rows = board.rows.iter().map(|row| (row.line.id, row.rank, row.old, row.line.status));
        let expected = [
            (sample::id(2), Some(1), false, "candidate"),
            (sample::id(1), Some(2), false, "champion"),
            (sample::id(3), Some(3), false, "failed"),
            (sample::id(4), None, true, "scored"),
        ];
        assert_eq!(rows.collect::<Vec<_>>(), expected);
        assert_eq!((board.decision, board.epoch), (6, Some(Epoch(2))));
    }

    #[test]
    fn a_candidate_comes_with_the_number_that_its_decision_needs() {
        let candidates = candidates(&sample::state());
        assert_eq!(candidates.len(), 1);
        assert_eq!((candidates[0].submission, candidates[0].number), (sample::id(2), 6));
    }
}
