//! Who decides blocks: one key, or a set of validators with their power.

use crate::{Hotkey, Power, SessionKey, limits};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The voting set of a height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voters {
    /// A hub that one operator runs: this key decides alone, and for ever.
    One(SessionKey),
    /// Many that vote. In genesis they are the first ones; later the validators that the chain knows.
    Mesh(Vec<Seat>),
}

/// A voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    pub hotkey: Hotkey,
    pub session: SessionKey,
    pub power: Power,
}

/// Why these voters can decide nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("{0} voters: name 1 to {max}", max = limits::VOTERS_MAX)]
    Count(usize),
    #[error("a hotkey or a session key votes twice: each has one seat")]
    Twice,
    #[error("a voter has power 1 to {max}", max = Power::TOTAL_MAX)]
    Power,
}

impl Voters {
    /// Each key with its power, as certificates are checked against them and headers name them.
    pub fn keys(&self) -> Vec<(SessionKey, u64)> {
        match self {
            Self::One(key) => vec![(*key, 1)],
            Self::Mesh(seats) => seats.iter().map(|seat| (seat.session, seat.power.0)).collect(),
        }
    }

    /// The seats; whoever decides alone needs none.
    pub fn seats(&self) -> &[Seat] {
        match self {
            Self::One(_) => &[],
            Self::Mesh(seats) => seats,
        }
    }

    pub fn seat(&self, session: SessionKey) -> Option<&Seat> {
        self.seats().iter().find(|seat| seat.session == session)
    }

    /// The set of the first height: the same shares, of the whole that all later sets have.
    pub fn first(&self) -> Self {
        match self {
            Self::One(key) => Self::One(*key),
            Self::Mesh(seats) => {
                let powers = Power::scale(&seats.iter().map(|seat| seat.power).collect::<Vec<_>>());
                let seated = |(seat, power): (&Seat, Power)| Seat { power, ..*seat };
                Self::Mesh(seats.iter().zip(powers).map(seated).collect())
            }
        }
    }

    pub fn check(&self) -> Result<(), Invalid> {
        let Self::Mesh(seats) = self else { return Ok(()) };
        if seats.is_empty() || seats.len() > limits::VOTERS_MAX {
            return Err(Invalid::Count(seats.len()));
        }
        let hotkeys: BTreeSet<_> = seats.iter().map(|seat| seat.hotkey).collect();
        let sessions: BTreeSet<_> = seats.iter().map(|seat| seat.session).collect();
        if hotkeys.len() != seats.len() || sessions.len() != seats.len() {
            return Err(Invalid::Twice);
        }
        let fits = |seat: &Seat| (Power(1)..=Power::TOTAL_MAX).contains(&seat.power);
        if seats.iter().all(fits) { Ok(()) } else { Err(Invalid::Power) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(n: u8, power: u64) -> Seat {
        Seat { hotkey: Hotkey([n; 32]), session: SessionKey([n; 32]), power: Power(power) }
    }

    #[test]
    fn voters_that_can_decide_nothing_are_refused() {
        let cases: [(&str, Vec<Seat>, Result<(), Invalid>); 7] = [
            ("one", vec![seat(1, 1)], Ok(())),
            ("two", vec![seat(1, 1), seat(2, Power::TOTAL_MAX.0)], Ok(())),
            ("nobody", Vec::new(), Err(Invalid::Count(0))),
            ("too many", (0..129).map(|n| seat(n, 1)).collect(), Err(Invalid::Count(129))),
            ("without power", vec![seat(1, 1), seat(2, 0)], Err(Invalid::Power)),
            ("with too much", vec![seat(1, Power::TOTAL_MAX.0 + 1)], Err(Invalid::Power)),
            (
                "one key for two",
                vec![seat(1, 1), Seat { session: SessionKey([1; 32]), ..seat(2, 1) }],
                Err(Invalid::Twice),
            ),
        ];
        for (desc, seats, expected) in cases {
            assert_eq!(Voters::Mesh(seats).check(), expected, "{desc}");
        }
    }

    #[test]
    fn the_first_set_has_the_shares_of_genesis() {
        let first = Voters::Mesh(vec![seat(1, 1), seat(2, 2), seat(3, 3)]).first();
        let powers: Vec<u64> = first.keys().into_iter().map(|(_, power)| power).collect();
        let whole = Power::TOTAL_MAX.0;
        assert_eq!(powers, [whole / 6, whole / 3, whole - whole / 6 - whole / 3]);
        assert_eq!(Voters::One(SessionKey([1; 32])).first().keys(), [(SessionKey([1; 32]), 1)]);
    }
}
