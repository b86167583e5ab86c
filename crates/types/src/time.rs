//! The three clocks of the contest: ledger heights, header times, and blocks of the chain with their epochs.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default,
            BorshSerialize, BorshDeserialize, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            pub fn plus(self, count: u64) -> Self {
                Self(self.0.saturating_add(count))
            }

            pub fn since(self, earlier: Self) -> u64 {
                self.0.saturating_sub(earlier.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter!(
    /// The number of a ledger block; genesis is 0.
    Height
);
counter!(
    /// The time between two epoch anchors.
    Epoch
);
counter!(
    /// Milliseconds since 1970, as a header or the chain states them.
    TimeMs
);
counter!(
    /// The number of a block of the chain.
    ChainBlock
);
