//! What a hotkey weighs: stake is the chain's number, power is stake normalised and capped for one epoch.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The chain's number, in its smallest unit.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Stake(pub u64);

/// The weight of a validator in one epoch; all powers together are at most [`Power::TOTAL_MAX`].
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Power(pub u64);

impl Power {
    /// Small enough that three times a sum of powers fits easily in 64 bits.
    pub const TOTAL_MAX: Self = Self(1 << 40);

    /// Strictly more than two thirds of the whole: the only quorum there is.
    pub fn is_quorum_of(self, whole: Self) -> bool {
        u128::from(self.0) * 3 > u128::from(whole.0) * 2
    }
}

impl std::iter::Sum for Power {
    fn sum<I: Iterator<Item = Self>>(powers: I) -> Self {
        Self(powers.fold(0, |sum, power| sum.saturating_add(power.0)))
    }
}

impl fmt::Display for Stake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_two_thirds_is_not_a_quorum() {
        for whole in 1..=600u64 {
            for part in 0..=whole {
                let expected = part * 3 > whole * 2;
                assert_eq!(Power(part).is_quorum_of(Power(whole)), expected, "{part} of {whole}");
            }
        }
    }
}
