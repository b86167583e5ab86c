//! What a stranger's block must prove before the application sees it.

use super::leader::Item;
use crate::limits::CERTIFICATE_BYTES_MAX;
use agon_types::block::Invalid;
use agon_types::{Block, Certificate, Digest, Height, NetworkId, SessionKey, codec, limits};

/// A block that its voters decided, whole as they saw it.
pub(super) struct Proven {
    pub block: Block,
    pub certificate: Certificate,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("height {0} was sent instead")]
    Height(Height),
    #[error("its {0} is not hexadecimal text")]
    NotHex(&'static str),
    #[error(transparent)]
    Codec(#[from] codec::Error),
    #[error("it belongs to the network {0}")]
    Network(NetworkId),
    #[error("its certificate is for another block, {0}")]
    Certificate(Digest),
    #[error("its body is not the one that its header names")]
    Body,
    #[error("its certificate proves nothing: {0}")]
    Unproven(#[from] Invalid),
}

/// Decodes within bounds and verifies all that needs no state but the voters.
pub(super) fn open(
    network: &NetworkId,
    item: &Item,
    height: Height,
    voters: &[(SessionKey, u64)],
) -> Result<Proven, Refused> {
    let block: Block = decode(&item.block, "block", limits::BLOCK_BYTES_MAX)?;
    let certificate: Certificate = decode(&item.certificate, "certificate", CERTIFICATE_BYTES_MAX)?;
    let header = &block.header;
    if let Some(other) = [item.height, header.height, certificate.height].into_iter().find(|h| *h != height) {
        return Err(Refused::Height(other));
    }
    if header.network != *network {
        return Err(Refused::Network(header.network.clone()));
    }
    if certificate.block != header.digest() {
        return Err(Refused::Certificate(certificate.block));
    }
    // The certificate covers the header only; these two bind the body to it.
    let actions_root = Block::actions_root(block.anchor.as_ref(), &block.actions);
    let last_certificate = Block::certificate_digest(block.last_certificate.as_ref());
    if header.actions_root != actions_root || header.last_certificate != last_certificate {
        return Err(Refused::Body);
    }
    certificate.verify(network, voters)?;
    Ok(Proven { block, certificate })
}

fn decode<T: borsh::BorshDeserialize>(
    text: &str,
    what: &'static str,
    bytes_max: usize,
) -> Result<T, Refused> {
    if text.len() > 2 * bytes_max {
        return Err(codec::Error::TooLarge { size: text.len() / 2, max: bytes_max }.into());
    }
    let bytes = hex::decode(text).map_err(|_| Refused::NotHex(what))?;
    Ok(codec::decode(&bytes, bytes_max)?)
}
