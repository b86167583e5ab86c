//! Every maximum of this adapter, in one place.

use agon_types::limits;

/// One own report as it is kept; more than any bounded one encodes to.
pub const REPORT_BYTES_MAX: usize = 256 << 10;
/// Blocks of one page of a leader.
pub const PAGE_ITEMS_MAX: usize = 64;
/// One encoded certificate; that is more than 600 signatures.
pub const CERTIFICATE_BYTES_MAX: usize = 64 << 10;
/// A full block with its certificate on a page, in hexadecimal.
pub const PAGE_ITEM_BYTES_MAX: usize = 2 * limits::BLOCK_BYTES_MAX + 2 * CERTIFICATE_BYTES_MAX + 256;
/// A page of full blocks.
pub const PAGE_BYTES_MAX: usize = PAGE_ITEMS_MAX * PAGE_ITEM_BYTES_MAX;
/// A leader's answer to an action.
pub const PROBLEM_BYTES_MAX: usize = 64 << 10;
/// One encoded, signed call to the development chain; a vector of every uid there can be fits.
pub const CALL_BYTES_MAX: usize = 300 << 10;
/// A call in hexadecimal, within its JSON.
pub const CALL_BODY_BYTES_MAX: usize = 2 * CALL_BYTES_MAX + 1024;
/// An answer of the development chain.
pub const CHAIN_ANSWER_BYTES_MAX: usize = 64 << 20;
/// Attempts to use the next nonce, while others sign calls with the same hotkey.
pub const NONCE_ATTEMPTS_MAX: usize = 5;
/// Requests that may wait for the next block of the development chain.
pub const PENDING_MAX: usize = 1024;
/// Blocks that one request may ask the development chain for.
pub const ADVANCE_BLOCKS_MAX: u64 = 1_000;
/// More than any value of the development chain's file needs; the file is our own.
pub const VALUE_BYTES_MAX: usize = 1 << 30;
