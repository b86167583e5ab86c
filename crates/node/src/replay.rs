//! The same blocks once more, from the beginning: the same root, the same weights, or a reason to worry.

use crate::machine::Machine;
use agon_protocol::{View, weights};
use agon_types::event::Event;
use agon_types::{Block, Certificate, Digest, Genesis, Height, Seal};
use std::sync::PoisonError;

/// Why blocks do not replay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("block {height} has no valid certificate: {problem}")]
    Certificate { height: Height, problem: String },
    #[error("block {height} does not follow: {problem}")]
    Block { height: Height, problem: String },
    #[error("the seal of epoch {0} does not follow from its own facts")]
    Seal(u64),
}

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    pub height: Height,
    pub state_root: Digest,
    pub actions: usize,
    pub seals: Vec<Seal>,
}

/// Executes blocks from the first on, checking every signature, root and seal; `each` hears what each block tells.
pub fn replay(
    genesis: &Genesis,
    blocks: impl IntoIterator<Item = (Block, Certificate)>,
    mut each: impl FnMut(&Block, Vec<Event>),
) -> Result<Replayed, Error> {
    let mut machine = Machine::new(genesis);
    let mut actions = 0;
    for (block, certificate) in blocks {
        let height = block.header.height;
        let invalid = |problem: String| Error::Certificate { height, problem };
        let voters = machine.voters(height).unwrap_or_default();
        certificate.verify(&genesis.network, &voters).map_err(|error| invalid(error.to_string()))?;
        if certificate.block != block.header.digest() || certificate.height != height {
            return Err(invalid("it is for another block".to_owned()));
        }
        let executed = machine.execute(&block, block.header.time_ms);
        let executed = executed.map_err(|refused| Error::Block { height, problem: refused.to_string() })?;
        let effects = machine.advance(&block, certificate, executed);
        actions += block.actions.len();
        each(&block, effects);
    }
    let state = machine.state();
    let state = state.read().unwrap_or_else(PoisonError::into_inner);
    let unsealed = state.now().map_or(0, |now| now.unsealed.0);
    let seals: Vec<Seal> =
        (0..unsealed).filter_map(|epoch| state.seal(agon_types::Epoch(epoch)).cloned()).collect();
    if let Some(wrong) = seals.iter().find(|seal| !weights::is_sound(seal)) {
        return Err(Error::Seal(wrong.epoch.0));
    }
    Ok(Replayed { height: machine.head().height, state_root: machine.root(), actions, seals })
}
