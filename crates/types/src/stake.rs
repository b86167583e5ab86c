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

    /// The same shares of exactly [`Self::TOTAL_MAX`]: each rounded down and at least 1, and what that leaves is the
    /// largest one's, of equal ones the first one's.
    pub fn scale(powers: &[Self]) -> Vec<Self> {
        let whole: u128 = powers.iter().map(|power| u128::from(power.0)).sum::<u128>().max(1);
        let share = |power: &Self| u128::from(power.0) * u128::from(Self::TOTAL_MAX.0) / whole;
        let narrow = |power: u128| u64::try_from(power.max(1)).unwrap_or(Self::TOTAL_MAX.0);
        let mut scaled: Vec<Self> = powers.iter().map(|power| Self(narrow(share(power)))).collect();
        let Self(sum) = scaled.iter().copied().sum();
        let largest = scaled.iter().copied().max().unwrap_or_default();
        if let Some(first) = scaled.iter_mut().find(|power| **power == largest) {
            first.0 = first.0.saturating_add(Self::TOTAL_MAX.0).saturating_sub(sum);
        }
        scaled
    }

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
    fn shares_are_scaled_to_exactly_the_whole() {
        let cases: [&[u64]; 6] =
            [&[1], &[1, 1, 1], &[0, 5], &[1, 1 << 40], &[7, 11, 13, 17], &[u64::MAX, u64::MAX, 1]];
        for powers in cases {
            let scaled = Power::scale(&powers.iter().copied().map(Power).collect::<Vec<_>>());
            assert_eq!(scaled.iter().copied().sum::<Power>(), Power::TOTAL_MAX, "{powers:?}");
            assert!(scaled.iter().all(|power| power.0 >= 1), "{powers:?}");
            assert_eq!(Power::scale(&scaled), scaled, "{powers:?}: once is enough");
        }
        assert_eq!(Power::scale(&[]), []);
    }

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
