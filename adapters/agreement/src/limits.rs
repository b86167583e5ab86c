//! Every maximum of the agreement.

use agon_types::limits;

/// A message that carries a block.
pub const PROPOSAL_BYTES_MAX: usize = limits::BLOCK_BYTES_MAX + 65_536;
/// A message with a vote, a certificate or the height of a peer.
pub const VOTE_BYTES_MAX: usize = 256 << 10;
/// A message with an action.
pub const SUBMISSION_BYTES_MAX: usize = limits::ACTION_BYTES_MAX + 1024;
/// A question for decided blocks.
pub const REQUEST_BYTES_MAX: usize = 256;
/// An answer with decided blocks and their certificates.
pub const REPLY_BYTES_MAX: usize = 8 << 20;
/// Blocks of one answer.
pub const REPLY_BLOCKS_MAX: usize = 64;
/// A record of the log: a block at most, with what was said about it.
pub const RECORD_BYTES_MAX: usize = limits::BLOCK_BYTES_MAX + 65_536;
/// Voters of one height.
pub const VOTERS_MAX: usize = 1024;
/// Blocks of one height that are kept in memory; older rounds go first.
pub const BLOCKS_MAX: usize = 32;
/// Different blocks of one round: two prove that its proposer lies.
pub const BLOCKS_OF_ROUND_MAX: usize = 2;
/// How many rounds ahead a message may be.
pub const ROUNDS_AHEAD_MAX: u32 = 10;
/// Messages of one voter for the next height that wait for it.
pub const EARLY_MAX: usize = 16;
/// Peers whose heights are remembered.
pub const PEERS_MAX: usize = 256;
/// Signatures that were found valid and are not checked again.
pub const SIGNATURES_MAX: usize = 16 << 10;
/// Actions that are remembered as waiting for a block.
pub const WAITING_MAX: usize = 4096;
/// Actions of this node that it says again until a block has them.
pub const OWN_MAX: usize = 256;
