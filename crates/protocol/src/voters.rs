//! Who decides blocks: the voting set of each height, and how it follows the chain.

use crate::draft::Draft;
use crate::state::{Key, Value, View};
use crate::{handover, misbehaviour, validator};
use agon_types::event::Event;
use agon_types::genesis::Parameters;
use agon_types::{Epoch, Height, Hotkey, Power, Seat, SessionKey, Stake, Voters, limits};
use borsh::{BorshDeserialize, BorshSerialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// For each session key, how many certificates in a row lack its signature; those that none lacks are not here.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Missed(pub BTreeMap<SessionKey, u32>);

/// The set that decides a height: known for every height up to the one after the last block. (S8.2)
pub fn at(view: &impl View, height: Height) -> Option<&Voters> {
    if height > view.now()?.height.next() {
        return None;
    }
    match view.last(&Key::Voters(Height(0)), &Key::Voters(height))? {
        (_, Value::Voters(voters)) => Some(voters),
        _ => None,
    }
}

/// Whether a key's vote has ended, because it missed so many certificates. (S8.6)
pub fn is_silenced(view: &impl View, session: SessionKey) -> bool {
    let (Some(now), Some(genesis)) = (view.now(), view.genesis()) else { return false };
    let votes = at(view, now.height.next()).is_some_and(|voters| voters.seat(session).is_some());
    !votes && missed(view, session) >= genesis.parameters.missed_max
}

/// How many certificates in a row lack the signature of a key.
pub fn missed(view: &impl View, session: SessionKey) -> u32 {
    view.missed().and_then(|missed| missed.0.get(&session)).copied().unwrap_or(0)
}

/// Counts who signed the certificate of the block before, and who did not. (S8.5)
pub fn count(draft: &mut Draft<'_>, signers: &[SessionKey]) {
    let Some(former) = draft.time().and_then(|now| now.height.0.checked_sub(1)) else { return };
    let Some(voters) = at(draft, Height(former)).cloned() else { return };
    let signers: BTreeSet<&SessionKey> = signers.iter().collect();
    let before = draft.missed().cloned().unwrap_or_default();
    let mut after = before.clone();
    for seat in voters.seats() {
        if signers.contains(&seat.session) {
            after.0.remove(&seat.session);
        } else {
            let missed = after.0.entry(seat.session).or_insert(0);
            *missed = missed.saturating_add(1);
        }
    }
    if after != before {
        draft.put(Key::Missed(), after);
    }
}

/// Whoever registers a key begins anew. (S8.6)
pub fn forget_missed(draft: &mut Draft<'_>, sessions: &[SessionKey]) {
    let Some(before) = draft.missed().cloned() else { return };
    let mut after = before.clone();
    after.0.retain(|session, _| !sessions.contains(session));
    if after != before {
        draft.put(Key::Missed(), after);
    }
}

/// The set of the next height, when an epoch opens. One key that decides alone stays for ever. (S8.1 to S8.4)
pub fn renew(draft: &mut Draft<'_>, epoch: Epoch) {
    let (Some(now), Some(genesis)) = (draft.time(), draft.network()) else { return };
    let from = now.height.next();
    let Some(Voters::Mesh(old)) = at(draft, from).cloned() else { return };
    let target = target(draft, &genesis.parameters, &old);
    // Without anyone who could vote the old ones go on: somebody must decide the block that brings others.
    if target.is_empty() {
        return;
    }
    let new = handover::follow(&old, &target, |hotkey| misbehaviour::is_barred(draft, hotkey));
    forget_strangers(draft, &new);
    if new != old {
        draft.tell(Event::VotersChanged { epoch, voters: new.len() });
        draft.put(Key::Voters(from), Voters::Mesh(new));
    }
}

/// The set that the stakes give: the validators but those that misbehaved or are silent, the largest ones. (S8.3)
fn target(draft: &mut Draft<'_>, parameters: &Parameters, old: &[Seat]) -> Vec<Seat> {
    let mut live = validator::live(draft);
    live.retain(|(hotkey, ..)| !misbehaviour::is_barred(draft, *hotkey));
    let silent = silent(draft, parameters, (&live, old));
    live.retain(|(hotkey, ..)| !silent.contains(hotkey));
    live.sort_by_key(|(hotkey, _, stake)| (Reverse(*stake), *hotkey));
    live.truncate(limits::VOTERS_MAX);
    live.sort_by_key(|(hotkey, session, _)| (*hotkey, *session));
    let powers: Vec<Power> = powers(&live, parameters).into_iter().map(|(_, power)| power).collect();
    let seats = live.into_iter().zip(Power::scale(&powers));
    seats.map(|((hotkey, session, _), power)| Seat { hotkey, session, power }).collect()
}

type Live = (Hotkey, SessionKey, Stake);

fn powers(live: &[Live], parameters: &Parameters) -> Vec<(Hotkey, Power)> {
    let stakes: Vec<_> = live.iter().map(|(hotkey, _, stake)| (*hotkey, *stake)).collect();
    validator::normalise(&stakes, parameters.power_cap)
}

/// Who has missed too many certificates in a row, as long as the others have more than two thirds of all power. So
/// however long a part of the network is away, no minority ever becomes the whole. (S8.6)
fn silent(
    draft: &mut Draft<'_>,
    parameters: &Parameters,
    (live, old): (&[Live], &[Seat]),
) -> BTreeSet<Hotkey> {
    let powers = powers(live, parameters);
    let whole: Power = powers.iter().map(|(_, power)| *power).sum();
    let votes = |session: SessionKey| old.iter().any(|seat| seat.session == session);
    let missing = live.iter().zip(powers).filter_map(|((hotkey, session, _), (_, power))| {
        let missed = missed(draft, *session);
        // Those whose vote has ended already come first, then those that miss most.
        (missed >= parameters.missed_max).then_some((votes(*session), Reverse(missed), power, *hotkey))
    });
    let mut missing: Vec<_> = missing.collect();
    missing.sort_unstable();
    let (mut present, mut silent) = (whole, BTreeSet::new());
    for (votes, Reverse(missed), power, validator) in missing {
        let others = Power(present.0.saturating_sub(power.0));
        if others.is_quorum_of(whole) {
            present = others;
            silent.insert(validator);
            if votes {
                draft.tell(Event::ValidatorSilent { validator, missed });
            }
        }
    }
    silent
}

/// Keys that neither vote nor speak for anyone are counted no more.
fn forget_strangers(draft: &mut Draft<'_>, seats: &[Seat]) {
    let Some(before) = draft.missed().cloned() else { return };
    let mut known: BTreeSet<SessionKey> =
        validator::sessions(draft).iter().map(|(_, known)| known.key).collect();
    known.extend(seats.iter().map(|seat| seat.session));
    let mut after = before.clone();
    after.0.retain(|session, _| known.contains(session));
    if after != before {
        draft.put(Key::Missed(), after);
    }
}
