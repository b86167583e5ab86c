//! Who decides a height, with what power, and who proposes in which round.

use super::Terms;
use crate::limits::VOTERS_MAX;
use agon_types::{Digest, Height, SessionKey};
use arc_malachitebft_core_types as core;
use std::sync::Arc;

/// A voter by its session key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub SessionKey);

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl core::Address for Address {}

/// One voter and its power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    pub address: Address,
    pub power: u64,
}

impl core::Validator<Terms> for Voter {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &SessionKey {
        &self.address.0
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

/// Why a list is no voting set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVoters {
    #[error("there are {0} voters, and 1 to {VOTERS_MAX} were expected")]
    Count(usize),
    #[error("{0} is named twice among the voters")]
    Twice(SessionKey),
    #[error("{0} is among the voters without power")]
    Powerless(SessionKey),
    #[error("the power of the voters together is more than {}", u64::MAX / 3)]
    Power,
}

/// The voting set of one height. Its power is that of all members, whether they are heard or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voters(Arc<Set>);

#[derive(Debug, PartialEq, Eq)]
struct Set {
    /// In the order of their keys.
    voters: Vec<Voter>,
    power: u64,
}

impl Voters {
    pub fn new(list: &[(SessionKey, u64)]) -> Result<Self, BadVoters> {
        if list.is_empty() || list.len() > VOTERS_MAX {
            return Err(BadVoters::Count(list.len()));
        }
        let voter = |(key, power): &(SessionKey, u64)| Voter { address: Address(*key), power: *power };
        let mut voters: Vec<Voter> = list.iter().map(voter).collect();
        voters.sort_by_key(|voter| voter.address);
        if let Some(twice) = voters.windows(2).find(|pair| pair[0].address == pair[1].address) {
            return Err(BadVoters::Twice(twice[0].address.0));
        }
        if let Some(voter) = voters.iter().find(|voter| voter.power == 0) {
            return Err(BadVoters::Powerless(voter.address.0));
        }
        // Three times the power must fit into a number.
        let power: u128 = voters.iter().map(|voter| u128::from(voter.power)).sum();
        let power = u64::try_from(power).ok().filter(|power| *power <= u64::MAX / 3);
        let power = power.ok_or(BadVoters::Power)?;
        Ok(Self(Arc::new(Set { voters, power })))
    }

    pub fn power(&self) -> u64 {
        self.0.power
    }

    pub fn get(&self, key: &SessionKey) -> Option<&Voter> {
        let at = self.0.voters.binary_search_by_key(&Address(*key), |voter| voter.address);
        at.ok().map(|index| &self.0.voters[index])
    }

    /// Of a height's first round by lot, weighted by power; then one after the other, so that every voter has its turn
    /// within as many rounds as there are voters.
    pub fn proposer(&self, height: Height, round: u32) -> &Voter {
        let voters = &self.0.voters;
        let lot = Digest::tagged("agon/proposer", &height).0;
        let lot = lot.iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        let mut point = lot % u128::from(self.0.power);
        let mut first = 0;
        for (index, voter) in voters.iter().enumerate() {
            if point < u128::from(voter.power) {
                first = index;
                break;
            }
            point -= u128::from(voter.power);
        }
        &voters[(first + round as usize % voters.len()) % voters.len()]
    }
}

impl core::ValidatorSet<Terms> for Voters {
    fn count(&self) -> usize {
        self.0.voters.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.0.power
    }

    fn get_by_address(&self, address: &Address) -> Option<&Voter> {
        self.get(&address.0)
    }

    fn get_by_index(&self, index: usize) -> Option<&Voter> {
        self.0.voters.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> SessionKey {
        SessionKey([number; 32])
    }

    #[test]
    fn a_list_that_is_no_voting_set_says_why() {
        let cases = [
            ("nobody", vec![], BadVoters::Count(0)),
            ("one twice", vec![(key(1), 1), (key(2), 1), (key(1), 2)], BadVoters::Twice(key(1))),
            ("one without power", vec![(key(1), 1), (key(2), 0)], BadVoters::Powerless(key(2))),
            ("too much power", vec![(key(1), u64::MAX / 3), (key(2), 1)], BadVoters::Power),
            ("power beyond a number", vec![(key(1), u64::MAX), (key(2), u64::MAX)], BadVoters::Power),
        ];
        for (desc, list, expected) in cases {
            assert_eq!(Voters::new(&list), Err(expected), "{desc}");
        }
        assert!(Voters::new(&[(key(1), u64::MAX / 3)]).is_ok());
    }

    #[test]
    fn the_first_proposer_is_drawn_by_power_and_the_next_rounds_reach_everyone() {
        let voters = Voters::new(&[(key(1), 1), (key(2), 1), (key(3), 8)]).unwrap();
        let first = |height| voters.proposer(Height(height), 0).address.0;
        let strong = (0..1_000).filter(|height| first(*height) == key(3)).count();
        assert!((760..840).contains(&strong), "{strong} of 1000 with 8 of 10 power");
        let mut turns: Vec<_> = (7..10).map(|round| voters.proposer(Height(5), round).address.0).collect();
        turns.sort();
        assert_eq!(turns, [key(1), key(2), key(3)]);
    }

    #[test]
    fn the_order_of_the_list_changes_nothing() {
        let list = [(key(3), 5), (key(1), 2), (key(2), 9)];
        let sorted = [(key(1), 2), (key(2), 9), (key(3), 5)];
        assert_eq!(Voters::new(&list), Voters::new(&sorted));
    }
}
