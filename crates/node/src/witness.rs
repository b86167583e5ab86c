//! What a voter compares a proposed anchor with: its own view of the finalised chain.

use crate::watcher;
use agon_port::Chain;
use agon_port::chain::Error;
use agon_protocol::{State, View};
use agon_types::{Anchor, Block, ChainBlock, SessionKey};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How long a proposal waits until the node's own chain has come as far, and has answered.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the chain is asked meanwhile.
const INTERVAL: Duration = Duration::from_millis(100);

/// Checks the anchors of others.
pub struct Witness {
    pub state: Arc<RwLock<State>>,
    pub chain: Arc<dyn Chain>,
    /// The key with which this node proposes: what it stated itself, it has seen.
    pub own: SessionKey,
}

impl Witness {
    /// Whether the anchor of a proposal, if it has one, says what this node's own chain says. (S8.8)
    pub async fn check(&self, block: &Block) -> Result<(), String> {
        let Some(anchor) = block.anchor.as_ref().filter(|_| block.header.proposer != self.own) else {
            return Ok(());
        };
        match tokio::time::timeout(PATIENCE, self.compare(anchor)).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(format!("the chain says something else of block {}", anchor.number)),
            Ok(Err(error)) => Err(format!("its anchor cannot be compared: {error}")),
            Err(_) => Err(format!("block {} of the chain is not final here yet", anchor.number)),
        }
    }

    async fn compare(&self, anchor: &Anchor) -> Result<bool, Error> {
        while self.chain.finalised().await?.number < anchor.number {
            tokio::time::sleep(INTERVAL).await;
        }
        let after = self.read(|state| state.now().and_then(|now| now.anchor)).unwrap_or(ChainBlock(0));
        let commitments = self.chain.commitments(after, anchor.number).await?;
        let snapshot = self.chain.snapshot(anchor.number).await?;
        Ok(self.read(|state| watcher::anchor(state, &snapshot, &commitments)) == *anchor)
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
