//! What a challenge keeps: its state as the open epoch has it, and how far each hotkey has posted to it.

use agon_protocol::state::View;
use agon_protocol::{State, post, slots};
use agon_types::{ChallengeId, Epoch, Hotkey, limits};
use serde::Serialize;

/// A page of a challenge's state.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Slots {
    /// The open epoch: pages of one epoch are of one state.
    pub epoch: Epoch,
    pub items: Vec<Slot>,
    /// The place of what follows.
    pub next: Option<String>,
}

/// A key, and its value in hexadecimal.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Slot {
    pub key: String,
    pub value: String,
}

/// A hotkey as the inbox of a challenge knows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Poster {
    pub challenge: ChallengeId,
    pub hotkey: Hotkey,
    /// The last sequence that was used; the next post needs a higher one.
    pub sequence: Option<u64>,
    pub epoch: Epoch,
    /// Posts of the hotkey in the open epoch, and how many it may have.
    pub posts: u16,
    pub posts_max: u16,
    /// Posts of all in the open epoch, and how many there may be.
    pub inbox: usize,
    pub inbox_max: usize,
}

/// A page of the state after a key.
pub(crate) fn slots(state: &State, challenge: &ChallengeId, (after, limit): (&str, usize)) -> Option<Slots> {
    state.challenge(challenge.clone())?;
    let mut found = slots::page(state, challenge, (after, limit.saturating_add(1)));
    let is_whole = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_whole).map(|(key, _)| hex::encode(key));
    let slot = |(key, value): (&str, &[u8])| Slot { key: key.to_owned(), value: hex::encode(value) };
    Some(Slots { epoch: state.now()?.epoch, items: found.into_iter().map(slot).collect(), next })
}

/// Reads the place of a page back.
pub(crate) fn place(cursor: &str) -> Option<String> {
    let key = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
    (1..=limits::STATE_KEY_BYTES_MAX).contains(&key.len()).then_some(key)
}

pub(crate) fn poster(state: &State, challenge: &ChallengeId, hotkey: Hotkey) -> Option<Poster> {
    let version = state.challenge(challenge.clone())?.version;
    let manifest = state.manifest(challenge.clone(), version)?;
    let epoch = state.now()?.epoch;
    let known = state.poster(challenge.clone(), hotkey);
    Some(Poster {
        challenge: challenge.clone(),
        hotkey,
        sequence: known.map(|known| known.sequence),
        epoch,
        posts: known.filter(|known| known.epoch == epoch).map_or(0, |known| known.posts),
        posts_max: manifest.capabilities.posts_per_epoch,
        inbox: post::of_epoch(state, challenge, epoch).len(),
        inbox_max: limits::INBOX_MAX,
    })
}
