//! Messages to a challenge: anyone on the chain posts, and the job that weighs the epoch reads.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::registry;
use crate::state::{Key, Posted, Poster, Value, View};
use agon_types::action::Post;
use agon_types::event::Event;
use agon_types::{Action, ChallengeId, Digest, Epoch, PublicKey, Verified, limits};

/// Puts a message into the inbox of the epoch, or says why not. A sequence counts once. (S7.1, S7.2)
pub fn post(draft: &mut Draft<'_>, action: &Verified<Action>, stated: &Post) -> Result<(), Reason> {
    let now = draft.time().ok_or(Reason::NoGenesis)?;
    let (challenge, hotkey) = (stated.challenge.clone(), stated.hotkey);
    if !action.is_signed_by(PublicKey::Hotkey(hotkey)) {
        return Err(Reason::NotSignedBy { hotkey });
    }
    let message = Digest::of(&stated.message);
    if let Some(known) = draft.poster(challenge.clone(), hotkey) {
        if (known.sequence, known.message) == (stated.sequence, message) {
            return Err(Reason::AlreadyDone);
        }
        if known.sequence >= stated.sequence {
            return Err(Reason::StaleSequence { last: known.sequence });
        }
    }
    let posts = check_rules(draft, stated)?;
    let number = next_number(draft, &challenge, now.epoch)?;
    let sequence = stated.sequence;
    let poster = Poster { sequence, message, epoch: now.epoch, posts };
    let posted = Posted { hotkey, sequence, message: stated.message.clone(), height: now.height };
    draft.put(Key::Poster(challenge.clone(), hotkey), poster);
    draft.put(Key::Post(now.epoch, challenge.clone(), number), posted);
    draft.tell(Event::ChallengePosted { challenge, hotkey, sequence });
    Ok(())
}

/// The rules about who posts what; gives how many posts of the hotkey the epoch has with this one. (S7.1, S7.3)
fn check_rules(view: &impl View, stated: &Post) -> Result<u16, Reason> {
    let max = registry::open_manifest(view, &stated.challenge)?.capabilities.posts_per_epoch;
    if max == 0 {
        return Err(Reason::NoInbox { challenge: stated.challenge.clone() });
    }
    if stated.message.len() > limits::POST_BYTES_MAX {
        return Err(Reason::PostTooLarge { size: stated.message.len(), max: limits::POST_BYTES_MAX });
    }
    if view.neuron(stated.hotkey).is_none() {
        return Err(Reason::NotRegistered { hotkey: stated.hotkey });
    }
    let epoch = view.now().ok_or(Reason::NoGenesis)?.epoch;
    let known = view.poster(stated.challenge.clone(), stated.hotkey);
    let used = known.filter(|known| known.epoch == epoch).map_or(0, |known| known.posts);
    if used >= max {
        return Err(Reason::QuotaExceeded { max, epoch });
    }
    Ok(used.saturating_add(1))
}

/// The number of the next post in an inbox that is not full. (S7.3)
fn next_number(view: &impl View, challenge: &ChallengeId, epoch: Epoch) -> Result<u32, Reason> {
    let known = inbox(view, challenge, epoch).count();
    if known >= limits::INBOX_MAX {
        return Err(Reason::InboxFull { max: limits::INBOX_MAX, epoch });
    }
    Ok(u32::try_from(known).unwrap_or(u32::MAX))
}

/// The inbox of an epoch, in the order in which the posts were decided. (S7.4)
pub fn of_epoch(view: &impl View, challenge: &ChallengeId, epoch: Epoch) -> Vec<Posted> {
    inbox(view, challenge, epoch).cloned().collect()
}

fn inbox<'v>(view: &'v impl View, challenge: &ChallengeId, epoch: Epoch) -> impl Iterator<Item = &'v Posted> {
    let edge = |number| Key::Post(epoch, challenge.clone(), number);
    let entries = view.range(&edge(0), &edge(u32::MAX)).into_iter();
    entries.filter_map(|(_, value)| match value {
        Value::Post(posted) => Some(&**posted),
        _ => None,
    })
}
