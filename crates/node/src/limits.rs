//! Every maximum of a running node, in one place.

/// Actions that may wait for a block at once; more are refused as busy.
pub const WAITING_ACTIONS_MAX: usize = 10_000;
/// Their encoded bytes together, so that few large ones are bounded as many small ones are.
pub const WAITING_BYTES_MAX: usize = 64 << 20;
/// Messages that may wait for the driver.
pub const MESSAGES_MAX: usize = 1024;
/// Events that a slow listener may be behind before it reads from the records.
pub const EVENTS_MAX: usize = 4096;
/// Blocks whose events wait in memory while the records cannot be written; later ones are told at the next start.
pub const UNTOLD_MAX: usize = 4096;
/// Evaluations of one job, when the fault is ours, before we abstain.
pub const EVALUATIONS_MAX: u32 = 3;
/// Bytes of one answer from the web.
pub const WEB_RESPONSE_BYTES_MAX: usize = 1 << 20;
/// Rows of one page of anything.
pub const ANSWER_ROWS_MAX: usize = 1024;
