//! Every maximum of the hub, in one place.

use agon_types::limits;

/// The address of a request, without its host.
pub const URI_BYTES_MAX: usize = 8 << 10;
/// All headers of a request together, names and values.
pub const HEADERS_BYTES_MAX: usize = 32 << 10;
/// A name or a value from outside that an answer repeats; a longer one is only counted.
pub const ECHO_BYTES_MAX: usize = 80;
/// A JSON document from outside: one action in hexadecimal, and a little around it.
pub const DOCUMENT_BYTES_MAX: usize = 2 * limits::ACTION_BYTES_MAX + 4096;
/// How long a document may take to arrive.
pub const DOCUMENT_MS_MAX: u64 = 15_000;
/// How long an artifact may take to arrive.
pub const UPLOAD_MS_MAX: u64 = 300_000;
/// Uploads at one time; each may hold one artifact in memory.
pub const UPLOADS_MAX: usize = 8;
/// How long a ticket lets upload.
pub const TICKET_MS: u64 = 15 * 60_000;
/// How long an expired ticket is remembered, so that its miner can still ask what became of it.
pub const TICKET_KEPT_MS: u64 = 24 * 3_600_000;
/// How long a caller waits for a decision.
pub const DECISION_MS_MAX: u64 = 20_000;
/// How long a question for blocks may be held back.
pub const BLOCKS_WAIT_MS_MAX: u64 = 10_000;
/// Blocks of one page.
pub const BLOCKS_MAX: usize = 64;
/// Encoded bytes of one page of blocks, unless its first block alone is larger.
pub const BLOCKS_BYTES_MAX: usize = 4 << 20;
/// Items of one page of a list.
pub const PAGE_MAX: usize = 200;
/// Items of a page where nobody says how many.
pub const PAGE_DEFAULT: usize = 50;
/// Rows of a board that are shown without a rank.
pub const OLD_ROWS_MAX: usize = 200;
/// Listeners to events at one time.
pub const STREAMS_MAX: usize = 1024;
/// Events that are read from the records at once.
pub const HISTORY_PAGE: usize = 256;
/// Bytes of frames that are sent in one piece, unless one frame alone is larger.
pub const STREAM_PIECE_BYTES_MAX: usize = 4 << 10;
/// Events that are written out for all listeners at once.
pub const RUN_EVENTS_MAX: usize = 64;
/// Bytes of the newest events, which all listeners share; what is older is read from the records.
pub const RING_BYTES_MAX: usize = 8 << 20;
/// Silence after which a stream is told that it lives.
pub const HEARTBEAT_MS: u64 = 15_000;
/// How long a reader may take nothing of an answer before its connection is closed.
pub const SLOW_READER_MS: u64 = 30_000;
/// Event types that one filter names.
pub const FILTER_TYPES_MAX: usize = 32;
/// How long the hub waits for open answers when it stops.
pub const DRAIN_MS: u64 = 5_000;
/// Tickets that are looked at in one round.
pub const OPEN_TICKETS_MAX: usize = 256;
/// The least time between two rounds over the tickets.
pub const TICKET_ROUND_MS: u64 = 1_000;
/// How far a client's clock may be from ours when it signs.
pub const SKEW_MS_MAX: u64 = 300_000;
/// Characters of the nonce of a signed request.
pub const NONCE_BYTES_MIN: usize = 16;
pub const NONCE_BYTES_MAX: usize = 64;
/// One header of a signed request, with all its lines.
pub const SIGNATURE_HEADER_BYTES_MAX: usize = 4096;
/// Questions to the routes of one challenge at once, after which they are counted by time.
pub const ROUTE_BURST_MAX: u64 = 100;
/// Questions to the routes of one challenge in a second.
pub const ROUTE_REQUESTS_PER_S_MAX: u64 = 50;
/// Questions to routes that wait or run at one time, over all challenges.
pub const ROUTES_AT_ONCE_MAX: usize = 64;
/// Those of one challenge.
pub const ROUTES_OF_ONE_MAX: usize = 8;
/// How long a challenge may take for an answer to the public.
pub const ROUTE_MS_MAX: u64 = 2_000;
/// The path and query of a question to a route.
pub const ROUTE_QUERY_BYTES_MAX: usize = 2_048;
