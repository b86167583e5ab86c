//! What an agent reached: one number that decides, and others that explain it. Integers only.

use std::fmt;

/// A number from 0 to 1 in billionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u32);

const WHOLE: u64 = 1_000_000_000;

impl Score {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(WHOLE as u32);

    /// So many billionths; more than one is one.
    pub fn billionths(count: u64) -> Self {
        Self(count.min(WHOLE) as u32)
    }

    /// A part of a whole, rounded down; a part of nothing is zero, and more than the whole is one.
    pub fn ratio(part: u64, whole: u64) -> Self {
        match whole {
            0 => Self::ZERO,
            _ if part >= whole => Self::ONE,
            _ => Self((u128::from(part) * u128::from(WHOLE) / u128::from(whole)) as u32),
        }
    }

    /// The mean, rounded down; zero of none.
    pub fn mean(scores: &[Self]) -> Self {
        let sum: u64 = scores.iter().map(|score| u64::from(score.0)).sum();
        Self::billionths(sum.checked_div(scores.len() as u64).unwrap_or_default())
    }

    pub fn to_billionths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", u64::from(self.0) / WHOLE, u64::from(self.0) % WHOLE)
    }
}

/// A measured number; it explains a score and never decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// At most 32 bytes, such as `tour_length`.
    pub name: String,
    pub value: i64,
}

/// What a task gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub score: Score,
    /// At most 16.
    pub metrics: Vec<Metric>,
}

impl Outcome {
    pub fn new(score: Score) -> Self {
        Self { score, metrics: Vec::new() }
    }

    /// The same with one metric more. What is too large for it is shown as the largest there is.
    pub fn metric(mut self, name: impl Into<String>, value: impl TryInto<i64>) -> Self {
        self.metrics.push(Metric { name: name.into(), value: value.try_into().unwrap_or(i64::MAX) });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_between_zero_and_one_whatever_it_is_of() {
        for (part, whole, expected) in [
            (0, 0, "0.000000000"),
            (5, 0, "0.000000000"),
            (1, 3, "0.333333333"),
            (2, 3, "0.666666666"),
            (7, 7, "1.000000000"),
            (9, 7, "1.000000000"),
            (u64::MAX - 1, u64::MAX, "0.999999999"),
        ] {
            assert_eq!(Score::ratio(part, whole).to_string(), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn a_mean_of_none_is_zero() {
        assert_eq!(Score::mean(&[]), Score::ZERO);
        assert_eq!(Score::mean(&[Score::ONE, Score::ZERO]), Score::ratio(1, 2));
    }

    #[test]
    fn a_metric_that_is_too_large_is_the_largest_there_is() {
        assert_eq!(Outcome::new(Score::ZERO).metric("n", u64::MAX).metrics[0].value, i64::MAX);
    }
}
