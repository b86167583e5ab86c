//! The last blocks of the development chain with what each of them said. Pure: the next block is computed here,
//! and becomes part of the history only after it was written.

use super::call::{Extrinsic, Refusal};
use super::state::State;
use super::{Error, Rules};
use agon_port::chain::{Commitment, Head};
use agon_types::anchor::Neuron;
use agon_types::{ChainBlock, Digest, Hotkey, TimeMs};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// A block as it is kept; its hash follows from it and the chain's seed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Block {
    pub number: ChainBlock,
    pub parent: Digest,
    pub time_ms: TimeMs,
    pub extrinsics: Vec<Extrinsic>,
}

impl Block {
    fn head(&self, seed: &[u8; 32]) -> Head {
        let hash = Digest::tagged("agon/development-block", &(seed, self));
        Head { number: self.number, hash, time_ms: self.time_ms }
    }
}

/// The oldest state that is kept; what was before it is forgotten.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Base {
    pub number: ChainBlock,
    pub hash: Digest,
    pub time_ms: TimeMs,
    pub state: State,
}

impl Base {
    fn head(&self) -> Head {
        Head { number: self.number, hash: self.hash, time_ms: self.time_ms }
    }

    fn follow(&mut self, block: &Block, head: Head) {
        (self.number, self.hash, self.time_ms) = (head.number, head.hash, head.time_ms);
        for extrinsic in &block.extrinsics {
            self.state.execute(block.number, extrinsic);
        }
    }
}

/// What one block says.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub head: Head,
    pub neurons: Arc<[(Hotkey, Neuron)]>,
}

/// A block that is computed and not yet part of the history.
#[derive(Debug)]
pub(super) struct Next {
    pub block: Block,
    /// A later base, once enough blocks stand on the present one.
    pub base: Option<Base>,
    /// For each request, in order, whether the block includes it.
    pub outcomes: Vec<Result<(), Refusal>>,
    view: View,
    state: Arc<State>,
}

/// The chain from its base to its newest block.
#[derive(Debug)]
pub(super) struct History {
    rules: Rules,
    seed: [u8; 32],
    base: Base,
    blocks: VecDeque<Block>,
    /// One for the base and one for each block after it.
    views: VecDeque<View>,
    state: Arc<State>,
}

impl History {
    /// The base of a new chain: block 0, with nobody registered.
    pub(super) fn genesis(seed: &[u8; 32], now: TimeMs) -> Base {
        let block =
            Block { number: ChainBlock(0), parent: Digest::ZERO, time_ms: now, extrinsics: Vec::new() };
        let Head { number, hash, time_ms } = block.head(seed);
        Base { number, hash, time_ms, state: State::default() }
    }

    /// The history as it was when these were written.
    pub(super) fn restore(
        rules: Rules,
        seed: [u8; 32],
        base: Base,
        blocks: Vec<Block>,
    ) -> Result<Self, Error> {
        let state = Arc::new(base.state.clone());
        let views = VecDeque::from([View { head: base.head(), neurons: state.neurons().into() }]);
        let mut history = Self { rules, seed, base, blocks: VecDeque::new(), views, state };
        for block in blocks {
            let last = history.head();
            if block.number != last.number.next() || block.parent != last.hash {
                return Err(Error::Damaged(format!(
                    "block {} does not follow {}",
                    block.number, last.number
                )));
            }
            let mut state = history.state.clone();
            for extrinsic in &block.extrinsics {
                Arc::make_mut(&mut state).execute(block.number, extrinsic);
            }
            let view = history.view(&block, &state);
            history.push(block, view, state);
        }
        Ok(history)
    }

    /// Computes the next block from the requests that wait, in their order.
    pub(super) fn next(&self, requests: Vec<Extrinsic>, now: TimeMs) -> Next {
        let parent = self.head();
        let number = parent.number.next();
        let mut state = self.state.clone();
        let (mut extrinsics, mut outcomes) = (Vec::new(), Vec::new());
        for extrinsic in requests {
            let outcome = state.check(&self.rules, number, &extrinsic);
            if outcome.is_ok() {
                Arc::make_mut(&mut state).execute(number, &extrinsic);
                extrinsics.push(extrinsic);
            }
            outcomes.push(outcome);
        }
        // The time of day may stand still or go back; the time of the chain does not.
        let time_ms = now.max(parent.time_ms.next());
        let block = Block { number, parent: parent.hash, time_ms, extrinsics };
        let view = self.view(&block, &state);
        Next { base: self.later_base(), block, outcomes, view, state }
    }

    /// Makes a block part of the history. It was computed from this history, and is durable.
    pub(super) fn extend(&mut self, next: Next) {
        self.push(next.block, next.view, next.state);
        let Some(base) = next.base else { return };
        let forgotten = usize::try_from(base.number.since(self.base.number)).unwrap_or(usize::MAX);
        self.blocks.drain(..forgotten.min(self.blocks.len()));
        self.views.drain(..forgotten.min(self.views.len()));
        self.base = base;
    }

    fn push(&mut self, block: Block, view: View, state: Arc<State>) {
        self.blocks.push_back(block);
        self.views.push_back(view);
        self.state = state;
    }

    fn view(&self, block: &Block, state: &Arc<State>) -> View {
        let last = self.views.back().filter(|_| Arc::ptr_eq(state, &self.state));
        let neurons = last.map_or_else(|| state.neurons().into(), |view| view.neurons.clone());
        View { head: block.head(&self.seed), neurons }
    }

    /// Moves the base only when twice the history stands on it, so that its state is seldom written.
    fn later_base(&self) -> Option<Base> {
        // What is not final yet is never forgotten.
        let kept = self.rules.history_blocks.max(self.rules.finality_lag.saturating_add(1));
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        if self.blocks.len() < kept.saturating_mul(2) {
            return None;
        }
        let mut base = self.base.clone();
        let later = self.blocks.iter().zip(self.views.iter().skip(1)).take(kept);
        later.for_each(|(block, view)| base.follow(block, view.head));
        Some(base)
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The newest block.
    pub(super) fn head(&self) -> Head {
        self.views.back().map_or_else(|| self.base.head(), |view| view.head)
    }

    /// The newest block that is final. At the beginning that is the first one kept.
    pub(super) fn finalised(&self) -> Head {
        let lag = usize::try_from(self.rules.finality_lag).unwrap_or(usize::MAX);
        let index = self.views.len().saturating_sub(1).saturating_sub(lag);
        self.views.get(index).map_or_else(|| self.base.head(), |view| view.head)
    }

    /// What a finalised block says, while it is remembered.
    pub(super) fn view_at(&self, at: ChainBlock) -> Option<&View> {
        if at > self.finalised().number {
            return None;
        }
        let index = at.0.checked_sub(self.base.number.0)?;
        self.views.get(usize::try_from(index).ok()?)
    }

    /// Commitments of finalised blocks, in order; none if the last block asked for is not final.
    pub(super) fn commitments(&self, after: ChainBlock, up_to: ChainBlock) -> Option<Vec<Commitment>> {
        let wanted = |commitment: &Commitment| commitment.block > after && commitment.block <= up_to;
        (up_to <= self.finalised().number).then(|| self.state.commitments().filter(wanted).collect())
    }

    /// The state after the newest block.
    pub(super) fn state(&self) -> &State {
        &self.state
    }
}

#[cfg(test)]
mod tests;
