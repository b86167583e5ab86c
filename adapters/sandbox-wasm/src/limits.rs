//! Every maximum of this adapter. What a manifest may choose has its maximum in `agon_types::limits`.

/// Agents of one run that live at the same time; a challenge drops those that it is done with.
pub const AGENTS_LIVE_MAX: u32 = 16;
/// Core modules in one component; one that a compiler makes has three or four.
pub const CORE_INSTANCES_MAX: u32 = 16;
/// Tables in one component.
pub const TABLES_MAX: u32 = 8;
/// Elements of one table.
pub const TABLE_ELEMENTS_MAX: usize = 10_000;
/// Compiled modules of one role that are kept.
pub const MODULES_KEPT_MAX: usize = 64;
/// Source bytes of the modules of one role that are kept compiled.
pub const MODULE_BYTES_KEPT_MAX: usize = 256 << 20;
/// Memory of an instance that stays mapped for the next one.
pub const RESIDENT_BYTES: usize = 2 << 20;
/// The stack of a guest. A challenge and its agent share a thread of 2 MiB.
pub const STACK_BYTES: usize = 512 << 10;
/// Lines of a log in one run; the rest is dropped.
pub const LOG_LINES_MAX: u32 = 256;
/// A line of a log; the rest of it is dropped.
pub const LOG_LINE_BYTES_MAX: usize = 512;
/// What an agent may hand over at once at least, so that log lines fit under any limit of a manifest.
pub const HANDOVER_BYTES_MIN: usize = 64 << 10;
/// Fuel that every call to the host costs, beside one for each byte.
pub const HOST_CALL_FUEL: u64 = 1_000;
