//! How the state of a challenge grows as changes come to it: counted in one way by the ledger that takes them and by
//! the cage in which they are made.

/// What a state takes before and after some changes, and what it is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    before: u64,
    after: u64,
    bytes_max: u64,
}

/// What a key takes with its value.
pub fn bytes(key: &str, value: &[u8]) -> u64 {
    u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX)
}

impl Growth {
    /// No changes yet, to a state that takes so many bytes.
    pub fn new(before: u64, bytes_max: u64) -> Self {
        Self { before, after: before, bytes_max }
    }

    /// The same after one change more: of a key that had a value, or none, and now has another, or none.
    pub fn with(self, key: &str, (known, next): (Option<&[u8]>, Option<&[u8]>)) -> Self {
        let size = |value: Option<&[u8]>| value.map_or(0, |value| bytes(key, value));
        Self { after: self.after.saturating_sub(size(known)).saturating_add(size(next)), ..self }
    }

    /// What is granted.
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// What the state takes then.
    pub fn after(&self) -> u64 {
        self.after
    }

    /// Or the size that it would have, if that is more than is granted. A state above its bound, as a later version
    /// may set it, may still shrink. (S7.7)
    pub fn check(&self) -> Result<(), u64> {
        match self.after > self.bytes_max && self.after > self.before {
            true => Err(self.after),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_may_grow_to_its_bound_and_shrink_from_anywhere() {
        type Change<'v> = (Option<&'v [u8]>, Option<&'v [u8]>);
        let value = [0; 9];
        let cases: [(&str, u64, Change<'_>, Result<(), u64>); 7] = [
            ("to its bound", 0, (None, Some(&value)), Ok(())),
            ("above it", 1, (None, Some(&value)), Err(11)),
            ("in its place", 10, (Some(&value), Some(&value)), Ok(())),
            ("removed", 10, (Some(&value), None), Ok(())),
            ("above its bound, and no larger", 50, (Some(&value), Some(&value)), Ok(())),
            ("above its bound, and smaller", 50, (Some(&value), Some(&[])), Ok(())),
            ("above its bound, and larger", 50, (Some(&[]), Some(&value)), Err(59)),
        ];
        for (desc, before, change, expected) in cases {
            assert_eq!(Growth::new(before, 10).with("k", change).check(), expected, "{desc}");
        }
    }
}
