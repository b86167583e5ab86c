//! Who evaluates: session keys, and the power that a stake gives for one epoch.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Key, Session, Value, View};
use agon_types::event::Event;
use agon_types::{Action, Hotkey, Power, PublicKey, Score, SessionKey, Stake, Verified};

/// A hotkey gives its node a session key; both have signed. A higher sequence replaces the former key. (S3.1)
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

/// Counts rounds without any report; too many in a row end the assignment. (S3.4)
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
pub fn powers(draft: &Draft<'_>, cap: Score) -> Vec<(Hotkey, Power)> {
    let (first, last) = (Key::Session(Hotkey([0; 32])), Key::Session(Hotkey([0xff; 32])));
    let live = draft.range(&first, &last).into_iter().filter_map(|(key, value)| match (key, value) {
        (Key::Session(hotkey), Value::Session(session)) if !session.ended => Some(*hotkey),
        _ => None,
    });
    let stakes = live.filter_map(|hotkey| {
        let neuron = draft.neuron(hotkey)?;
        (neuron.permit && neuron.stake > Stake(0)).then_some((hotkey, neuron.stake))
    });
    normalise(&stakes.collect::<Vec<_>>(), cap)
}

/// Scales stakes to powers and caps each at max(cap, 1/n) of the whole that results. (S3.3)
fn normalise(stakes: &[(Hotkey, Stake)], cap: Score) -> Vec<(Hotkey, Power)> {
    let one = u128::from(Score::ONE.billionths());
    let count = stakes.len() as u128;
    if count == 0 {
        return Vec::new();
    }
    let cap = u128::from(cap.billionths()).max(one.div_ceil(count));
    let mut sorted: Vec<u128> = stakes.iter().map(|(_, stake)| u128::from(stake.0)).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));

    // Cap the largest ones, one more at a time, until the next is below the level that they give. With k capped and
    // the others together at `rest`, the whole is rest / (1 - k * cap), and the level is cap of it.
    let mut rest: u128 = sorted.iter().sum();
    let mut level = rest;
    let mut capped = 0u128;
    for stake in &sorted {
        let open = one.saturating_sub(capped * cap);
        let next_level = if open == 0 { level } else { (rest * cap) / open };
        if *stake <= next_level {
            level = next_level;
            break;
        }
        level = *stake;
        rest -= stake;
        capped += 1;
        if one.saturating_sub(capped * cap) == 0 || rest == 0 {
            // Everyone above is equal to the largest that is still allowed.
            level = sorted.iter().skip(capped as usize).next().copied().unwrap_or(*stake).max(1);
            break;
        }
    }
    let limited: Vec<u128> = stakes.iter().map(|(_, stake)| u128::from(stake.0).min(level)).collect();
    let whole: u128 = limited.iter().sum::<u128>().max(1);
    let scale = |stake: &u128| (stake * u128::from(Power::TOTAL_MAX.0) / whole).max(1);
    let powers = limited.iter().map(|stake| Power(u64::try_from(scale(stake)).unwrap_or(u64::MAX)));
    stakes.iter().map(|(hotkey, _)| *hotkey).zip(powers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
