//! Every maximum of the command line, in one place.

/// The largest answer of a hub that is read.
pub const ANSWER_BYTES_MAX: usize = 32 << 20;
/// How often a busy hub is asked again.
pub const BUSY_TRIES_MAX: u32 = 20;
/// Looks at the hub until the chain has made a commitment final; two in a second.
pub const COMMITMENT_POLLS_MAX: u32 = 240;
/// How often a ticket is asked for whose former one was used up meanwhile.
pub const TICKETS_MAX: u32 = 3;
/// Times in a row that a process of `agon up` may fall before the whole is given up.
pub const FALLS_MAX: u32 = 5;
/// Looks at a port that is in use, until `agon up` refuses it.
pub const FREE_TRIES_MAX: u32 = 5;
/// Evaluations at once in one node, each in a cage of its own.
pub const SANDBOX_RUNS_MAX: usize = 2;
/// Answers of challenges to the public at once in one hub, each in a cage of its own; one challenge has all but one.
pub const ROUTE_RUNS_MAX: usize = 3;
/// Lines of guests that one command shows.
pub const LOG_LINES_SHOWN_MAX: usize = 1024;
/// How often the state of a challenge is read before it stayed the same from its first page to its last.
pub const STATE_TRIES_MAX: u32 = 5;
/// Seconds that the hub's clock may be from ours before `agon doctor` says so: a fifth of what signed requests are
/// allowed, so that there is time to act.
pub const SKEW_SECONDS_MAX: u64 = 60;
/// Bytes that have to be free for the files of a node, or `agon doctor` says so.
pub const SPACE_BYTES_MIN: u64 = 2 << 30;
/// The name of a key.
pub const KEY_NAME_BYTES_MAX: usize = 64;
/// Looks before nobody waits any longer: half an hour.
pub const OPEN_POLLS_MAX: u32 = 6_000;
