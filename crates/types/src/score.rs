//! The agreed number of a submission: an integer from 0 to 10^9, shown with nine decimals.

use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;
use std::io;
use std::str::FromStr;

use crate::codec::serde_as_text;

/// A score. It is never a float, so every validator computes the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize)]
pub struct Score(u32);

impl Score {
    pub const ZERO: Self = Self(0);
    /// The best score, shown as 1.000000000; also the whole of a share.
    pub const ONE: Self = Self(1_000_000_000);

    /// A score of so many billionths; nothing above one exists.
    pub fn new(billionths: u32) -> Option<Self> {
        (billionths <= Self::ONE.0).then_some(Self(billionths))
    }

    pub fn billionths(self) -> u32 {
        self.0
    }
}

impl BorshDeserialize for Score {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let billionths = u32::deserialize_reader(reader)?;
        Self::new(billionths)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a score is at most 1000000000"))
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / Self::ONE.0, self.0 % Self::ONE.0)
    }
}

/// Text that is not a score.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a score is a decimal from 0 to 1 with at most nine decimals, such as 0.25")]
pub struct NotAScore;

impl FromStr for Score {
    type Err = NotAScore;
    fn from_str(text: &str) -> Result<Self, NotAScore> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || whole.len() > 1 || decimals.len() > 9 {
            return Err(NotAScore);
        }
        let whole: u32 = whole.parse().map_err(|_| NotAScore)?;
        let decimals: u32 = format!("{decimals:0<9}").parse().map_err(|_| NotAScore)?;
        whole
            .checked_mul(Self::ONE.0)
            .and_then(|b| b.checked_add(decimals))
            .and_then(Self::new)
            .ok_or(NotAScore)
    }
}

serde_as_text!(Score);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_shown_with_nine_decimals_and_read_back() {
        for (billionths, text) in [(0, "0.000000000"), (1, "0.000000001"), (1_000_000_000, "1.000000000")] {
            let score = Score::new(billionths).unwrap();
            assert_eq!(score.to_string(), text);
            assert_eq!(text.parse::<Score>().unwrap(), score);
        }
        assert_eq!("0.25".parse::<Score>().unwrap(), Score::new(250_000_000).unwrap());
    }

    #[test]
    fn what_is_not_a_score_is_refused() {
        for text in ["", "1.1", "2", "-0.1", "0.0000000001", ".5", "1e-3", "0,5", "1.000000001"] {
            assert_eq!(text.parse::<Score>(), Err(NotAScore), "{text:?}");
        }
        assert!(crate::codec::decode::<Score>(&1_000_000_001u32.to_le_bytes(), 4).is_err());
    }
}
