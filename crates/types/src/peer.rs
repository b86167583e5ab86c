//! What two peers of the mesh ask each other, and how many bytes each question and answer may have.

use crate::binding::Binding;
use crate::{Digest, Signed, codec, limits};
use borsh::{BorshDeserialize, BorshSerialize};

/// Who I am, if I speak for anybody: both the question and the answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Greeting {
    pub binding: Option<Signed<Binding>>,
}

/// Asks for a piece of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChunkAsk {
    pub artifact: Digest,
    pub offset: u64,
}

/// A piece of an artifact, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ChunkAnswer {
    Chunk {
        size: u64,
        bytes: Vec<u8>,
    },
    Missing,
    /// Too much is asked, or the asker has no right: another peer may answer.
    Busy,
}

/// Asks for decided blocks from a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlocksAsk {
    pub from: u64,
    pub count: u16,
}

/// Encoded blocks with their certificates, in order, and how far the answerer is.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum BlocksAnswer {
    Blocks { tip: u64, blocks: Vec<Vec<u8>> },
    Busy,
}

/// A document that travels, and the most bytes that it may have.
pub trait Document: BorshSerialize + BorshDeserialize + Send + Sync + 'static {
    const BYTES: usize;
}

impl Document for Greeting {
    const BYTES: usize = limits::GREETING_BYTES_MAX;
}
impl Document for ChunkAsk {
    const BYTES: usize = limits::QUESTION_BYTES_MAX;
}
impl Document for ChunkAnswer {
    const BYTES: usize = limits::CHUNK_BYTES_MAX + 64;
}
impl Document for BlocksAsk {
    const BYTES: usize = limits::QUESTION_BYTES_MAX;
}
impl Document for BlocksAnswer {
    const BYTES: usize = limits::PEER_BLOCKS_BYTES_MAX + limits::BLOCK_ITEM_BYTES_MAX + 1024;
}

/// Reads a document that somebody on the network sent.
pub fn read<T: Document>(bytes: &[u8]) -> Result<T, codec::Error> {
    codec::decode(bytes, T::BYTES)
}
