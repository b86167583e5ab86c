//! A board as it stood before a decision, for the epochs that ended earlier and wait for their seal.

use crate::draft::Draft;
use crate::registry;
use crate::state::{Board, Key, Standing, Value, View};
use agon_types::{ChallengeId, Epoch, SubmissionId};

/// Keeps a board before the first decision of an epoch, if one that ended earlier has no seal yet. (S6.7)
pub fn keep(draft: &mut Draft<'_>, challenge: &ChallengeId, board: &Board) {
    let Some(now) = draft.time().filter(|now| now.unsealed < now.epoch) else { return };
    if draft.standing(challenge.clone(), now.epoch).is_none() {
        let standing = Standing { board: board.clone(), spared: Vec::new() };
        draft.put(Key::Standing(challenge.clone(), now.epoch), standing);
    }
}

/// Notes on every board that is kept that a submission was not barred yet. (S6.7)
pub fn spare(draft: &mut Draft<'_>, challenge: &ChallengeId, submission: SubmissionId) {
    for (until, mut standing) in kept(draft, challenge, (Epoch(0), Epoch(u64::MAX))) {
        standing.spared.push(submission);
        draft.put(Key::Standing(challenge.clone(), until), standing);
    }
}

/// The boards that are kept for an epoch or for a later one, in order.
pub fn of_epoch(view: &impl View, challenge: &ChallengeId, epoch: Epoch) -> Vec<(Epoch, Standing)> {
    kept(view, challenge, (epoch.next(), Epoch(u64::MAX)))
}

/// What an epoch is paid from, once it and all before it were ranked and none after it. (S6.7)
pub fn paying(view: &impl View, challenge: &ChallengeId, epoch: Epoch) -> Standing {
    let first = of_epoch(view, challenge, epoch).into_iter().next().map(|(_, standing)| standing);
    first.unwrap_or_else(|| Standing {
        board: view.board(challenge.clone()).cloned().unwrap_or_default(),
        spared: Vec::new(),
    })
}

/// Forgets what was kept for an epoch that has its seal.
pub fn forget(draft: &mut Draft<'_>, epoch: Epoch) {
    for (challenge, _) in registry::all(draft) {
        for (until, _) in kept(draft, &challenge, (Epoch(0), epoch.next())) {
            draft.remove(Key::Standing(challenge.clone(), until));
        }
    }
}

fn kept(view: &impl View, challenge: &ChallengeId, (from, to): (Epoch, Epoch)) -> Vec<(Epoch, Standing)> {
    let edge = |epoch| Key::Standing(challenge.clone(), epoch);
    let entries = view.range(&edge(from), &edge(to)).into_iter();
    let standings = entries.filter_map(|(key, value)| match (key, value) {
        (Key::Standing(_, until), Value::Standing(standing)) => Some((*until, (**standing).clone())),
        _ => None,
    });
    standings.collect()
}
