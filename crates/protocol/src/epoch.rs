//! The boundary between two epochs: what is frozen, adopted, assigned and forgotten there.

use crate::draft::Draft;
use crate::state::{Key, Now, Opened, Phase, Round, View};
use crate::{job, limits, registry, validator};
use agon_types::event::Event;
use agon_types::{Anchor, Digest, Epoch, Hotkey, JobId, SubmissionId};

/// Opens the next epoch at its boundary's anchor. (S2.5)
pub fn open_next(draft: &mut Draft<'_>, anchor: &Anchor) {
    let (Some(now), Some(genesis)) = (draft.time(), draft.network()) else { return };
    let epoch = now.epoch.next();
    let seed = Digest::tagged("agon/epoch-seed", &(&genesis.network, epoch, anchor.hash)).0;
    let opened = Opened {
        anchor: anchor.number,
        seed,
        validators: validator::powers(draft, genesis.parameters.power_cap),
        height: now.height,
        time_ms: now.time_ms,
    };
    draft.put(Key::Epoch(epoch), opened.clone());
    draft.put(Key::Now(), Now { epoch, ..now.clone() });
    draft.tell(Event::EpochOpened { epoch });
    registry::adopt(draft, epoch);
    if job::derive(draft, epoch, &opened) {
        let round = Round { phase: Phase::Commit, height: now.height, time_ms: now.time_ms };
        draft.put(Key::Round(epoch, 0), round);
    }
    forget(draft, epoch);
}

/// Jobs with their commits and reports leave the state two epochs after their score. (S4.9)
fn forget(draft: &mut Draft<'_>, epoch: Epoch) {
    let Some(old) = epoch.0.checked_sub(limits::REPORTS_KEPT_EPOCHS + 1).map(Epoch) else { return };
    let job = |round, id| JobId { epoch: old, round, submission: SubmissionId(Digest(id)) };
    let (first, last) = (job(0, [0; 32]), job(u8::MAX, [0xff; 32]));
    let (low, high) = (Hotkey([0; 32]), Hotkey([0xff; 32]));
    let ranges = [
        (Key::Job(first), Key::Job(last)),
        (Key::Commit(first, low), Key::Commit(last, high)),
        (Key::Report(first, low), Key::Report(last, high)),
        (Key::Round(old, 0), Key::Round(old, u8::MAX)),
    ];
    for (from, to) in ranges {
        let keys: Vec<Key> = draft.range(&from, &to).into_iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            draft.remove(key);
        }
    }
    let quotas: Vec<Key> = draft
        .range(&registry::quota_key(Epoch(0), [0; 32]), &registry::quota_key(old, [0xff; 32]))
        .into_iter()
        .map(|(key, _)| key.clone())
        .collect();
    for key in quotas {
        draft.remove(key);
    }
}
