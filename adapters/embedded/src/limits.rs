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
/// One file of the audit log; the chain goes on in the next.
pub const AUDIT_FILE_BYTES_MAX: u64 = 64 << 20;
/// Runs whose lines wait for the disk; beyond that they are lost, so that a hanging disk takes no memory.
pub const AUDIT_WAITING_MAX: usize = 1024;
/// A line with its end. What would be longer keeps its first calls one by one, and the sums of the others.
pub const AUDIT_LINE_BYTES_MAX: usize = 1 << 20;
/// A text in a line; longer ones are cut.
pub const AUDIT_TEXT_BYTES_MAX: usize = 256;
/// One exchange with all its redirects, from the look-up of the name to the last byte.
pub const WEB_EXCHANGE_MS_MAX: u64 = 10_000;
/// How long a host may take to take a connection.
pub const WEB_CONNECT_MS_MAX: u64 = 5_000;
/// Redirects of one exchange with the web.
pub const WEB_REDIRECTS_MAX: usize = 3;
/// Names and values of an answer's headers together.
pub const WEB_ANSWER_HEADERS_BYTES_MAX: usize = 32 << 10;
/// The headers of an answer; the parser stops there.
pub const WEB_ANSWER_HEADERS_MAX: usize = 256;
/// Method, address, headers and body together.
pub const WEB_REQUEST_BYTES_MAX: usize = 256 << 10;
/// Names and values of a request's headers together.
pub const WEB_REQUEST_HEADERS_BYTES_MAX: usize = 32 << 10;
/// Headers of a request to the web.
pub const WEB_REQUEST_HEADERS_MAX: usize = 64;
/// The address of an exchange with the web.
pub const WEB_URL_BYTES_MAX: usize = 8 << 10;
