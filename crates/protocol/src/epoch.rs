//! The boundary between two epochs: what is frozen, adopted, assigned and forgotten there.

use crate::draft::Draft;
use crate::state::{Key, Now, Opened, View};
use crate::{job, limits, registry, round, slots, validator, voters};
use agon_types::event::Event;
use agon_types::{Anchor, Digest, Epoch, Hotkey, JobId, SubmissionId};

/// Opens the next epoch at its boundary's anchor. (S2.5)
pub fn open_next(draft: &mut Draft<'_>, anchor: &Anchor) {
    let (Some(now), Some(genesis)) = (draft.time(), draft.network()) else { return };
    let epoch = now.epoch.next();
    let seed = Digest::tagged("agon/epoch-seed", &(&genesis.network, epoch, anchor.hash)).0;
    draft.put(Key::Now(), Now { epoch, ..now.clone() });
    draft.tell(Event::EpochOpened { epoch });
    slots::settle(draft);
    registry::adopt(draft, epoch);
    let opened = Opened {
        anchor: anchor.number,
        seed,
        validators: validator::powers(draft, genesis.parameters.power_cap),
        challenges: registry::active(draft),
        height: now.height,
        time_ms: now.time_ms,
    };
    draft.put(Key::Epoch(epoch), opened.clone());
    voters::renew(draft, epoch);
    if job::derive(draft, epoch, &opened) {
        round::open(draft, (epoch, 0));
    }
    forget(draft, epoch);
}

/// Jobs with their commits and reports leave the state two epochs after their score, posts and what was weighed with
/// them, and never before their epoch is sealed. (S4.7)
fn forget(draft: &mut Draft<'_>, epoch: Epoch) {
    let unsealed = draft.now().map_or(Epoch(0), |now| now.unsealed);
    let kept_from = unsealed.min(Epoch(epoch.0.saturating_sub(limits::REPORTS_KEPT_EPOCHS)));
    let Some(old) = kept_from.0.checked_sub(1).map(Epoch) else { return };
    let job = |epoch, round, id| JobId { epoch, round, submission: SubmissionId(Digest(id)) };
    let (first, last) = (job(Epoch(0), 0, [0; 32]), job(old, u8::MAX, [0xff; 32]));
    let (low, high) = (Hotkey([0; 32]), Hotkey([0xff; 32]));
    let Some((a, z)) = registry::edges() else { return };
    let ranges = [
        (Key::Job(first), Key::Job(last)),
        (Key::Commit(first, low), Key::Commit(last, high)),
        (Key::Report(first, low), Key::Report(last, high)),
        (Key::Round(Epoch(0), 0), Key::Round(old, u8::MAX)),
        (Key::Quota(Epoch(0), a.clone(), low), Key::Quota(old, z.clone(), high)),
        (Key::Post(Epoch(0), a.clone(), 0), Key::Post(old, z.clone(), u32::MAX)),
        (Key::Weighed(Epoch(0), a), Key::Weighed(old, z)),
    ];
    for (from, to) in ranges {
        let keys: Vec<Key> = draft.range(&from, &to).into_iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            draft.remove(key);
        }
    }
}
