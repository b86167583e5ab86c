//! From one voting set to the next: never more than a third of the power at once, so that whoever knows the one can
//! follow to the other.

use crate::limits::MOVED_POWER_MAX;
use agon_types::{Hotkey, Power, Seat, SessionKey};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A key with its power before and after, if all of it came at once.
#[derive(Clone, Copy)]
struct Change {
    hotkey: Hotkey,
    before: u64,
    after: u64,
}

impl Change {
    fn loss(&self) -> u64 {
        self.before.saturating_sub(self.after)
    }

    fn gain(&self) -> u64 {
        self.after.saturating_sub(self.before)
    }
}

/// The set that follows one on the way to another. Both have the whole power, and so has the set that follows.
///
/// Power is lost first by offenders, then by others that leave, then by those that shrink; in each group the least
/// powerful go first, of equal ones the lower session key. What they lose is gained first by the one that lacks most,
/// of equal ones the lower session key. Each gets to its end before the next begins. (S8.4)
pub fn follow(old: &[Seat], target: &[Seat], is_offender: impl Fn(Hotkey) -> bool) -> Vec<Seat> {
    let mut changes: BTreeMap<SessionKey, Change> = BTreeMap::new();
    for seat in old {
        changes.insert(seat.session, Change { hotkey: seat.hotkey, before: seat.power.0, after: 0 });
    }
    for seat in target {
        let change = changes.entry(seat.session);
        let change = change.or_insert(Change { hotkey: seat.hotkey, before: 0, after: 0 });
        (change.hotkey, change.after) = (seat.hotkey, seat.power.0);
    }
    let rank = |change: &Change| match change.after {
        0 if is_offender(change.hotkey) => 0,
        0 => 1,
        _ => 2,
    };
    let mut losers: Vec<_> = changes.iter().filter(|(_, change)| change.loss() > 0).collect();
    losers.sort_by_key(|(session, change)| (rank(change), change.before, **session));
    let mut gainers: Vec<_> = changes.iter().filter(|(_, change)| change.gain() > 0).collect();
    gainers.sort_by_key(|(session, change)| (Reverse(change.gain()), **session));

    let lost = take(MOVED_POWER_MAX, losers.into_iter().map(|(session, change)| (*session, change.loss())));
    let moved: u64 = lost.values().sum();
    let gained = take(moved, gainers.into_iter().map(|(session, change)| (*session, change.gain())));
    let of = |amounts: &BTreeMap<SessionKey, u64>, key| amounts.get(key).copied().unwrap_or(0);
    let seats = changes.iter().map(|(session, change)| Seat {
        hotkey: change.hotkey,
        session: *session,
        power: Power(change.before.saturating_sub(of(&lost, session)).saturating_add(of(&gained, session))),
    });
    let mut seats: Vec<Seat> = seats.filter(|seat| seat.power > Power(0)).collect();
    seats.sort_by_key(|seat| (seat.hotkey, seat.session));
    seats
}

/// Amounts, one after the other, as long as there is something left.
fn take(mut left: u64, amounts: impl Iterator<Item = (SessionKey, u64)>) -> BTreeMap<SessionKey, u64> {
    let taken = amounts.map(|(session, amount)| {
        let amount = amount.min(left);
        left = left.saturating_sub(amount);
        (session, amount)
    });
    taken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(powers: &[(u8, u64)]) -> Vec<Seat> {
        let seat = |(n, power): &(u8, u64)| Seat {
            hotkey: Hotkey([*n; 32]),
            session: SessionKey([*n; 32]),
            power: Power(*power),
        };
        scaled(&powers.iter().map(seat).collect::<Vec<_>>())
    }

    fn scaled(seats: &[Seat]) -> Vec<Seat> {
        agon_types::Voters::Mesh(seats.to_vec()).first().seats().to_vec()
    }

    /// Thousandths of the whole, by the number of the voter.
    fn shares(seats: &[Seat]) -> Vec<(u8, u64)> {
        let share = |seat: &Seat| (seat.hotkey.0[0], (seat.power.0 * 1_000).div_ceil(Power::TOTAL_MAX.0));
        seats.iter().map(share).collect()
    }

    #[test]
    fn at_most_a_third_moves_and_in_a_fixed_order() {
        type Powers = &'static [(u8, u64)];
        let cases: [(&str, Powers, Powers, &[u8], Powers); 7] = [
            ("nothing to do", &[(1, 5), (2, 5)], &[(1, 1), (2, 1)], &[], &[(1, 500), (2, 500)]),
            ("a small change at once", &[(1, 6), (2, 4)], &[(1, 4), (2, 6)], &[], &[(1, 400), (2, 600)]),
            ("one for one, a third of it", &[(1, 1)], &[(2, 1)], &[], &[(1, 667), (2, 334)]),
            (
                "the least powerful leaves first",
                &[(1, 4), (2, 3), (3, 3)],
                &[(4, 1)],
                &[],
                &[(1, 400), (3, 267), (4, 334)],
            ),
            (
                "an offender before everyone",
                &[(1, 4), (2, 3), (3, 3)],
                &[(4, 1)],
                &[1],
                &[(1, 67), (2, 300), (3, 300), (4, 334)],
            ),
            (
                "whoever leaves before whoever shrinks",
                &[(1, 5), (2, 3), (3, 2)],
                &[(1, 5), (2, 1), (4, 4)],
                &[],
                &[(1, 500), (2, 167), (4, 334)],
            ),
            (
                "whoever lacks most comes first",
                &[(1, 1)],
                &[(2, 2), (3, 5), (4, 3)],
                &[],
                &[(1, 667), (3, 334)],
            ),
        ];
        for (desc, old, target, offenders, expected) in cases {
            let got = follow(&set(old), &set(target), |hotkey| offenders.contains(&hotkey.0[0]));
            let near = shares(&got).iter().zip(expected).all(|(a, b)| a.0 == b.0 && a.1.abs_diff(b.1) <= 1);
            assert!(near && got.len() == expected.len(), "{desc}: {:?}", shares(&got));
        }
    }

    fn sets() -> impl Strategy<Value = Vec<Seat>> {
        let power = prop_oneof![1u64..5, 1u64..=1 << 40];
        prop::collection::btree_map(0u8..60, power, 1..40)
            .prop_map(|powers| set(&powers.into_iter().collect::<Vec<_>>()))
    }

    proptest! {
        #[test]
        fn two_thirds_of_the_old_power_stay_and_four_steps_are_enough(
            old in sets(),
            target in sets(),
            offenders in prop::collection::btree_set(0u8..60, 0..5),
        ) {
            let mut now = old;
            for _ in 0..4 {
                let next = follow(&now, &target, |hotkey| offenders.contains(&hotkey.0[0]));
                let kept: u64 = now
                    .iter()
                    .filter_map(|seat| {
                        let same = next.iter().find(|other| other.session == seat.session)?;
                        Some(seat.power.min(same.power).0)
                    })
                    .sum();
                prop_assert!(kept * 3 >= Power::TOTAL_MAX.0 * 2, "{kept}");
                prop_assert_eq!(next.iter().map(|seat| seat.power).sum::<Power>(), Power::TOTAL_MAX);
                let mut sessions: Vec<_> = next.iter().map(|seat| seat.session).collect();
                sessions.sort_unstable();
                sessions.dedup();
                prop_assert_eq!(sessions.len(), next.len());
                prop_assert!(next.iter().all(|seat| seat.power > Power(0)));
                now = next;
            }
            prop_assert_eq!(now, target);
        }

        /// Every epoch other stakes, and others that have any: the number of seats stays bounded all the same.
        #[test]
        fn leavers_do_not_pile_up(targets in prop::collection::vec(sets(), 1..30)) {
            let mut now = targets[0].clone();
            for (round, target) in (0u8..).zip(&targets) {
                let target: Vec<Seat> = target
                    .iter()
                    .map(|seat| {
                        let mut session = seat.session;
                        session.0[1] = round;
                        Seat { session, ..*seat }
                    })
                    .collect();
                now = follow(&now, &target, |_| false);
                prop_assert!(now.len() <= 4 * 40, "{}", now.len());
            }
        }
    }
}
