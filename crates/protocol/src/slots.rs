//! What a challenge keeps from epoch to epoch: keys and values that an agreed `weigh` alone changes.
//!
//! A change waits until an epoch opens in which no score of the challenge is made any more for an earlier one. So whoever scores sees the
//! state as it stood when its epoch opened, and a window that is late moves nothing under anybody. Whoever weighs sees
//! the changes that wait as well, so that each epoch's goes on from the one before; one epoch of a challenge is weighed
//! at a time, so nothing moves there either. No new version, pause or end of the challenge touches any of it (S7.10).

use crate::draft::Draft;
use crate::state::{Holding, Key, Pending, Slot, Value, View};
use crate::{registry, round};
use agon_types::growth::Growth;
use agon_types::{ChallengeId, JobId, limits};
use std::collections::{BTreeMap, BTreeSet};

/// Changes of a challenge's own state, as a report has them.
pub type Changes = [(String, Option<Vec<u8>>)];

/// The state as it stood when the epoch opened, for `score` and `serve`. (S7.9)
pub fn all(view: &impl View, challenge: &ChallengeId) -> BTreeMap<String, Vec<u8>> {
    let (first, last) = edges();
    let entries = view.range(&Key::Slot(challenge.clone(), first), &Key::Slot(challenge.clone(), last));
    let slots = entries.into_iter().filter_map(|(key, value)| match (key, value) {
        (Key::Slot(_, key), Value::Slot(slot)) => Some((key.clone(), slot.0.clone())),
        _ => None,
    });
    slots.collect()
}

/// So many entries of the same state after a key, in the order of the keys. (S7.9)
pub fn page<'v>(
    view: &'v impl View,
    challenge: &ChallengeId,
    (after, limit): (&str, usize),
) -> Vec<(&'v str, &'v [u8])> {
    let (_, last) = edges();
    let from = Key::Slot(challenge.clone(), after.to_owned());
    let entries = view.range(&from, &Key::Slot(challenge.clone(), last));
    let slots = entries.into_iter().filter_map(|(key, value)| match (key, value) {
        (Key::Slot(_, key), Value::Slot(slot)) if *key != after => Some((key.as_str(), slot.0.as_slice())),
        _ => None,
    });
    slots.take(limit).collect()
}

/// The state with the changes that wait, for `weigh`. (S7.9)
pub fn latest(view: &impl View, challenge: &ChallengeId) -> BTreeMap<String, Vec<u8>> {
    let mut slots = all(view, challenge);
    for (_, key, change) in waiting(view, (challenge, challenge)) {
        match change {
            Some(value) => slots.insert(key, value),
            None => slots.remove(&key),
        };
    }
    slots
}

/// What the state takes with the changes that wait, keys and values together. (S7.7)
pub fn held(view: &impl View, challenge: &ChallengeId) -> u64 {
    view.holding(challenge.clone()).map_or(0, |holding| holding.0)
}

/// Notes agreed changes, or gives the size that they would lead to if that is more than is granted. A state above the
/// bound, as a later version may set it, may still shrink. (S7.7)
pub fn keep(
    draft: &mut Draft<'_>,
    challenge: &ChallengeId,
    (changes, bytes_max): (&Changes, u64),
) -> Result<(), u64> {
    let before = held(draft, challenge);
    let growth = changes.iter().fold(Growth::new(before, bytes_max), |growth, (key, change)| {
        growth.with(key, (known(draft, challenge, key), change.as_deref()))
    });
    growth.check()?;
    for (key, change) in changes {
        let waits = Key::Pending(challenge.clone(), key.clone());
        // To remove what is not there is no change, and nothing has to wait for it.
        if change.is_none() && draft.slot(challenge.clone(), key.clone()).is_none() {
            draft.remove(waits);
        } else {
            draft.put(waits, Pending(change.clone()));
        }
    }
    if growth.after() != before {
        draft.put(Key::Holding(challenge.clone()), Holding(growth.after()));
    }
    Ok(())
}

/// Makes the changes that wait true, once no score is made under the state before them. (S7.8)
pub fn settle(draft: &mut Draft<'_>) {
    let open = round::open_rounds(draft).into_iter().filter(|(_, number, _)| *number < JobId::WEIGH);
    let jobs = open.flat_map(|(epoch, number, _)| round::jobs(draft, epoch, number));
    let judged: BTreeSet<ChallengeId> = jobs.map(|(_, job)| job.challenge).collect();
    let Some((first, last)) = registry::edges() else { return };
    let waiting = waiting(draft, (&first, &last)).into_iter();
    for (challenge, key, change) in waiting.filter(|(challenge, ..)| !judged.contains(challenge)) {
        let slot = Key::Slot(challenge.clone(), key.clone());
        match change {
            Some(value) => draft.put(slot, Slot(value)),
            None => draft.remove(slot),
        }
        draft.remove(Key::Pending(challenge, key));
    }
}

/// Changes that wait, of a challenge or of several, in the order of challenges and keys.
fn waiting(
    view: &impl View,
    (from, to): (&ChallengeId, &ChallengeId),
) -> Vec<(ChallengeId, String, Option<Vec<u8>>)> {
    let (first, last) = edges();
    let entries = view.range(&Key::Pending(from.clone(), first), &Key::Pending(to.clone(), last));
    let changes = entries.into_iter().filter_map(|(key, value)| match (key, value) {
        (Key::Pending(challenge, key), Value::Pending(change)) => {
            Some((challenge.clone(), key.clone(), change.0.clone()))
        }
        _ => None,
    });
    changes.collect()
}

/// The value of a key now, with the change of it that waits.
fn known<'v>(view: &'v impl View, challenge: &ChallengeId, key: &str) -> Option<&'v [u8]> {
    match view.pending(challenge.clone(), key.to_owned()) {
        Some(Pending(change)) => change.as_deref(),
        None => view.slot(challenge.clone(), key.to_owned()).map(|slot| slot.0.as_slice()),
    }
}

/// Texts around every key: no key is longer than the last one, which begins with the greatest character there is.
fn edges() -> (String, String) {
    (String::new(), char::MAX.to_string().repeat(limits::STATE_KEY_BYTES_MAX))
}
