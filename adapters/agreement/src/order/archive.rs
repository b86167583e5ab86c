//! Where decided blocks are read from for peers that are behind.

use crate::limits::{PROPOSAL_BYTES_MAX, VOTE_BYTES_MAX};
use agon_port::ledger::Ledger;
use agon_port::order::Fault;
use agon_types::{Block, Certificate, Height, codec};
use async_trait::async_trait;
use std::sync::Arc;

/// Decided blocks with their certificates.
#[async_trait]
pub trait Archive: Send + Sync + 'static {
    /// Blocks from a height on, at most so many, in order.
    async fn blocks(&self, from: Height, count_max: usize) -> Result<Vec<(Block, Certificate)>, Fault>;
}

/// The blocks of a ledger.
pub struct LedgerArchive(pub Arc<dyn Ledger>);

#[async_trait]
impl Archive for LedgerArchive {
    async fn blocks(&self, from: Height, count_max: usize) -> Result<Vec<(Block, Certificate)>, Fault> {
        let fault = |error: &dyn std::fmt::Display| Fault(format!("a kept block cannot be read: {error}"));
        let kept = self.0.blocks(from, count_max).await.map_err(|error| fault(&error))?;
        let mut blocks = Vec::with_capacity(kept.len());
        for kept in kept {
            let block = codec::decode(&kept.block, PROPOSAL_BYTES_MAX).map_err(|error| fault(&error))?;
            let certificate =
                codec::decode(&kept.certificate, VOTE_BYTES_MAX).map_err(|error| fault(&error))?;
            blocks.push((block, certificate));
        }
        Ok(blocks)
    }
}
