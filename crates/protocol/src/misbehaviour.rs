//! What a voter must never do, and what it costs.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Key, View};
use crate::{registry, voters};
use agon_types::event::Event;
use agon_types::{Action, Height, Hotkey, Misbehaviour, SessionKey, Verified, limits};
use borsh::{BorshDeserialize, BorshSerialize};

/// Proven misbehaviour of a voter.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Offence {
    pub session: SessionKey,
    /// The height that was voted on.
    pub height: Height,
    /// The height at which it was proven; with it the owner names it.
    pub proven: Height,
    /// When the owner gave the vote back; what was done up to then counts no more.
    pub readmitted: Option<Height>,
}

/// Takes the vote of whoever signed two things at once. Anyone may show it; once is enough. (S8.9)
pub fn punish(draft: &mut Draft<'_>, shown: &Misbehaviour) -> Result<(), Reason> {
    let network = &draft.network().ok_or(Reason::NoGenesis)?.network;
    let now = draft.time().ok_or(Reason::NoGenesis)?.height;
    let height = shown.height();
    let oldest = Height(now.0.saturating_sub(limits::EVIDENCE_HEIGHTS_MAX));
    if height < oldest {
        return Err(Reason::EvidenceTooOld { oldest });
    }
    let seat = voters::at(draft, height).filter(|_| height <= now).and_then(|set| set.seat(shown.offender));
    let validator = seat.map(|seat| seat.hotkey);
    let validator = validator.ok_or(Reason::NoVote { session: shown.offender, height })?;
    shown.verify(network).map_err(|problem| Reason::NotProven { problem: problem.to_string() })?;
    let forgiven = |known: &Offence| known.readmitted.is_none_or(|readmitted| height <= readmitted);
    if draft.offence(validator).is_some_and(forgiven) {
        return Err(Reason::AlreadyDone);
    }
    let offence = Offence { session: shown.offender, height, proven: now, readmitted: None };
    draft.put(Key::Offence(validator), offence);
    draft.tell(Event::ValidatorMisbehaved { validator, height });
    Ok(())
}

/// The owner gives a vote back, naming what it forgives. (S8.10)
pub fn readmit(
    draft: &mut Draft<'_>,
    action: &Verified<Action>,
    (hotkey, proven): (Hotkey, Height),
) -> Result<(), Reason> {
    registry::check_owner(draft.network().ok_or(Reason::NoGenesis)?, action)?;
    let now = draft.time().ok_or(Reason::NoGenesis)?.height;
    let known = draft.offence(hotkey).filter(|known| known.proven == proven).cloned();
    let known = known.ok_or(Reason::NoOffence { hotkey, proven })?;
    if known.readmitted.is_some() {
        return Err(Reason::AlreadyDone);
    }
    draft.put(Key::Offence(hotkey), Offence { readmitted: Some(now), ..known });
    draft.tell(Event::ValidatorReadmitted { validator: hotkey });
    Ok(())
}

/// Whether a hotkey may not vote. (S8.9)
pub fn is_barred(view: &impl View, hotkey: Hotkey) -> bool {
    view.offence(hotkey).is_some_and(|known| known.readmitted.is_none())
}
