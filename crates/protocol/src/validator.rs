//! Who evaluates: session keys, and the power that a stake gives for one epoch.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Key, Session, Value, View};
use crate::voters;
use agon_types::event::Event;
use agon_types::{Action, Hotkey, Power, PublicKey, Score, SessionKey, Stake, Verified};

/// A hotkey gives its node a session key; both have signed. A higher sequence replaces the former key. One key speaks
/// for one hotkey. (S3.1)
pub fn register(
    draft: &mut Draft<'_>,
    action: &Verified<Action>,
    (hotkey, session, sequence): (Hotkey, SessionKey, u64),
) -> Result<(), Reason> {
    if !action.is_signed_by(PublicKey::Hotkey(hotkey)) {
        return Err(Reason::NotSignedBy { hotkey });
    }
    if !action.is_signed_by(PublicKey::Session(session)) {
        return Err(Reason::NotSignedBySession { validator: hotkey });
    }
    if draft.neuron(hotkey).is_none() {
        return Err(Reason::NotRegistered { hotkey });
    }
    if let Some(known) = draft.session(hotkey) {
        if known.sequence == sequence && known.key == session {
            return Err(Reason::AlreadyDone);
        }
        if known.sequence >= sequence {
            return Err(Reason::StaleSequence { last: known.sequence });
        }
    }
    if sessions(draft).iter().any(|(other, known)| *other != hotkey && known.key == session) {
        return Err(Reason::SessionTaken { session });
    }
    voters::forget_missed(draft, &[draft.session(hotkey).map_or(session, |known| known.key), session]);
    draft.put(Key::Session(hotkey), Session { key: session, sequence, absences: 0, ended: false });
    draft.tell(Event::ValidatorRegistered { validator: hotkey });
    Ok(())
}

/// Refuses an action that the validator's session key has not signed. (S3.2)
pub fn check_session(draft: &Draft<'_>, action: &Verified<Action>, validator: Hotkey) -> Result<(), Reason> {
    match draft.session(validator) {
        Some(session) if action.is_signed_by(PublicKey::Session(session.key)) => Ok(()),
        _ => Err(Reason::NotSignedBySession { validator }),
    }
}

/// Counts epochs without any report; too many in a row end the assignment. (S3.4)
pub fn count_absence(draft: &mut Draft<'_>, validator: Hotkey, absent: bool, absences_max: u32) {
    let Some(session) = draft.session(validator).cloned() else { return };
    let absences = if absent { session.absences.saturating_add(1) } else { 0 };
    if absent {
        draft.tell(Event::ValidatorAbsent { validator, absences });
    }
    if absences != session.absences {
        let ended = session.ended || (absent && absences >= absences_max);
        draft.put(Key::Session(validator), Session { absences, ended, ..session });
    }
}

/// The validators of an epoch: registered, permitted, with stake and a live session key. (S3.3)
pub fn powers(view: &impl View, cap: Score) -> Vec<(Hotkey, Power)> {
    let stakes: Vec<_> = live(view).into_iter().map(|(hotkey, _, stake)| (hotkey, stake)).collect();
    normalise(&stakes, cap)
}

/// Every hotkey that may validate now, with its session key and stake. (S3.3)
pub(crate) fn live(view: &impl View) -> Vec<(Hotkey, SessionKey, Stake)> {
    let live = sessions(view).into_iter().filter(|(_, session)| !session.ended);
    let permitted = live.filter_map(|(hotkey, session)| {
        let neuron = view.neuron(hotkey)?;
        (neuron.permit && neuron.stake > Stake(0)).then_some((hotkey, session.key, neuron.stake))
    });
    permitted.collect()
}

/// Every hotkey with its session key, in the order of hotkeys.
pub(crate) fn sessions(view: &impl View) -> Vec<(Hotkey, &Session)> {
    let (first, last) = (Key::Session(Hotkey([0; 32])), Key::Session(Hotkey([0xff; 32])));
    let entries = view.range(&first, &last).into_iter();
    let sessions = entries.filter_map(|(key, value)| match (key, value) {
        (Key::Session(hotkey), Value::Session(session)) => Some((*hotkey, session.as_ref())),
        _ => None,
    });
    sessions.collect()
}

/// Scales stakes to powers and caps each at max(cap, 1/n) of the whole that results. (S3.3)
pub(crate) fn normalise(stakes: &[(Hotkey, Stake)], cap: Score) -> Vec<(Hotkey, Power)> {
    // Small stakes are spread out, so that rounding takes next to nothing of them.
    let scaled: Vec<u128> = stakes.iter().map(|(_, stake)| u128::from(stake.0) << 20).collect();
    let level = level(&scaled, cap);
    let limited: Vec<u128> = scaled.into_iter().map(|stake| stake.min(level)).collect();
    let whole: u128 = limited.iter().sum::<u128>().max(1);
    let scale = |stake: &u128| (stake * u128::from(Power::TOTAL_MAX.0) / whole).max(1);
    let powers = limited.iter().map(|stake| Power(u64::try_from(scale(stake)).unwrap_or(u64::MAX)));
    stakes.iter().map(|(hotkey, _)| *hotkey).zip(powers).collect()
}

/// What a stake counts at most.
///
/// The largest ones are cut, one more at a time, until the next is below the level that they give: with k of them cut
/// and the others together at `rest`, the whole is rest / (1 - k * cap), and the level is cap of it. It ends before
/// 1 - k * cap reaches zero, because then the level is above all the rest.
fn level(stakes: &[u128], cap: Score) -> u128 {
    let one = u128::from(Score::ONE.billionths());
    let cap = u128::from(cap.billionths()).max(one.div_ceil((stakes.len() as u128).max(1)));
    let mut sorted = stakes.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let mut rest: u128 = sorted.iter().sum();
    let mut open = one;
    for stake in sorted {
        let level = rest.saturating_mul(cap) / open.max(1);
        if stake <= level {
            return level;
        }
        rest = rest.saturating_sub(stake);
        open = open.saturating_sub(cap);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shares(stakes: &[u64], cap: &str) -> Vec<u64> {
        let stakes: Vec<_> = (0u8..).zip(stakes).map(|(n, stake)| (Hotkey([n; 32]), Stake(*stake))).collect();
        let powers = normalise(&stakes, cap.parse().unwrap());
        let whole: u64 = powers.iter().map(|(_, power)| power.0).sum();
        powers.iter().map(|(_, power)| (u128::from(power.0) * 1000 / u128::from(whole)) as u64).collect()
    }

    #[test]
    fn power_follows_stake_up_to_the_cap() {
        let cases: [(&str, &[u64], &str, &[u64]); 7] = [
            ("below the cap nothing changes", &[10, 20, 30, 40], "0.5", &[100, 200, 300, 400]),
            ("the largest is cut to the cap", &[800, 100, 100], "0.4", &[400, 300, 300]),
            ("with few validators the cap is an equal share", &[900, 50, 50], "0.2", &[333, 333, 333]),
            ("one validator has it all", &[7], "0.2", &[1000]),
            ("two are equal under a low cap", &[1, 1_000_000], "0.2", &[500, 500]),
            ("nobody, nothing", &[], "0.2", &[]),
            ("two are cut", &[500, 400, 50, 50], "0.3", &[300, 300, 200, 200]),
        ];
        for (desc, stakes, cap, expected) in cases {
            let got = shares(stakes, cap);
            let near =
                got.len() == expected.len() && got.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 1);
            assert!(near, "{desc}: {got:?}, expected {expected:?}");
        }
    }

    proptest! {
        #[test]
        fn nobody_is_above_the_cap_and_the_order_stays(
            stakes in prop::collection::vec(prop_oneof![1u64..100, 1u64..=u64::MAX], 1..40),
            cap in 0u32..=1_000_000_000,
        ) {
            let stakes: Vec<_> = (0u8..).zip(stakes).map(|(n, stake)| (Hotkey([n; 32]), Stake(stake))).collect();
            let powers = normalise(&stakes, Score::new(cap).unwrap());
            let whole: u64 = powers.iter().map(|(_, power)| power.0).sum();
            prop_assert!(whole.abs_diff(Power::TOTAL_MAX.0) <= 40);
            let most = f64::from(cap).max(1e9 / stakes.len() as f64) / 1e9;
            for (power, stake) in powers.iter().zip(&stakes) {
                let share = power.1.0 as f64 / whole as f64;
                prop_assert!(power.1.0 > 0 && share <= most + 1e-6, "{share} of {most}");
                for (other, other_stake) in powers.iter().zip(&stakes) {
                    prop_assert!(stake.1 > other_stake.1 || power.1 <= other.1);
                }
            }
        }
    }
}
