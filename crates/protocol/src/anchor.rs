//! Facts of the chain come in here, and nowhere else.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Commitments, Key, Now, View};
use agon_types::anchor::{Anchor, Fact};
use agon_types::{ChainBlock, Epoch, Genesis, limits};

/// The first chain block of an epoch. (S2.3)
pub fn boundary(genesis: &Genesis, epoch: Epoch) -> ChainBlock {
    genesis.chain_start.plus(epoch.0.saturating_mul(genesis.parameters.epoch_blocks))
}

/// Takes the facts in; true if the anchor names the first block of the next epoch.
///
/// Anchors only go forward, and none passes over a boundary: the boundary's block gives the seed, so nobody may
/// choose another one. (S2.4)
pub fn admit(draft: &mut Draft<'_>, anchor: &Anchor) -> Result<bool, Reason> {
    let now = draft.time().ok_or(Reason::NoGenesis)?;
    let genesis = draft.network().ok_or(Reason::NoGenesis)?;
    if let Some(last) = now.anchor.filter(|last| anchor.number <= *last) {
        return Err(Reason::AnchorNotAfter { last, got: anchor.number });
    }
    let next = boundary(genesis, now.epoch.next());
    if anchor.number > next {
        return Err(Reason::AnchorSkipsBoundary { boundary: next, got: anchor.number });
    }
    if anchor.facts.len() > limits::FACTS_MAX {
        return Err(Reason::AnchorTooLarge { facts: anchor.facts.len(), max: limits::FACTS_MAX });
    }
    for fact in &anchor.facts {
        admit_fact(draft, fact);
    }
    draft.put(Key::Now(), Now { anchor: Some(anchor.number), ..now });
    Ok(anchor.number == next)
}

fn admit_fact(draft: &mut Draft<'_>, fact: &Fact) {
    match fact {
        Fact::Neuron { hotkey, neuron } => draft.put(Key::Neuron(*hotkey), *neuron),
        Fact::Deregistered { hotkey } => draft.remove(Key::Neuron(*hotkey)),
        Fact::Commitment { hotkey, commitment, block } => {
            // The eight latest wait for their announcement; an older one is forgotten. One that is written again while
            // it waits stays where it was first: the earliest counts. (S1.4)
            let mut open = draft.commitments(*hotkey).cloned().unwrap_or_default().0;
            if open.iter().any(|(known, _)| known == commitment) {
                return;
            }
            open.push((*commitment, *block));
            let surplus = open.len().saturating_sub(limits::OPEN_COMMITMENTS_MAX);
            open.drain(..surplus);
            draft.put(Key::Commitments(*hotkey), Commitments(open));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Begin, Input, State, Step, step};
    use agon_types::{Digest, Hotkey, TimeMs};

    fn anchored(state: &State, number: u64, facts: Vec<Fact>) -> Step {
        let anchor = Anchor { number: ChainBlock(number), hash: Digest::ZERO, time_ms: TimeMs(0), facts };
        let now = state.now().unwrap();
        let (height, time_ms) = (now.height.next(), now.time_ms.plus(1));
        let begin = Begin { height, time_ms, anchor: Some(anchor), signers: Vec::new() };
        step(state, Input::Begin(begin))
    }

    fn taken(state: &mut State, number: u64, facts: Vec<Fact>) {
        match anchored(state, number, facts) {
            Step::Done { writes, .. } => state.apply(writes),
            Step::Refused(reason) => panic!("{reason}"),
        };
    }

    #[test]
    fn an_anchor_goes_forward_and_stops_at_the_boundary() {
        let mut state = State::new(&crate::step::fixtures::genesis());
        taken(&mut state, 5, Vec::new());
        let back = Reason::AnchorNotAfter { last: ChainBlock(5), got: ChainBlock(5) };
        assert_eq!(anchored(&state, 5, Vec::new()), Step::Refused(back));
        let skip = Reason::AnchorSkipsBoundary { boundary: ChainBlock(10), got: ChainBlock(11) };
        assert_eq!(anchored(&state, 11, Vec::new()), Step::Refused(skip));
        taken(&mut state, 10, Vec::new());
        assert_eq!(state.now().unwrap().epoch, Epoch(1));
    }

    #[test]
    fn of_many_commitments_the_eight_latest_wait() {
        let mut state = State::new(&crate::step::fixtures::genesis());
        let hotkey = Hotkey([1; 32]);
        let fact = |n: u64| Fact::Commitment {
            hotkey,
            commitment: Digest::of(&n.to_le_bytes()),
            block: ChainBlock(n),
        };
        taken(&mut state, 1, (0..10).map(fact).collect());
        let open: Vec<u64> = state.commitments(hotkey).unwrap().0.iter().map(|(_, block)| block.0).collect();
        assert_eq!(open, (2..10).collect::<Vec<_>>());
    }
}
