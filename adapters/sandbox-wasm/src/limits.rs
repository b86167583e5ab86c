//! Every maximum of this adapter. What a manifest may choose has its maximum in `agon_types::limits`.

/// Agents of one run that live at the same time; a challenge drops those that it is done with.
pub const AGENTS_LIVE_MAX: u32 = 16;
/// Core instances in one component; one that a compiler makes has three or four, an interpreter more.
pub const CORE_INSTANCES_MAX: u32 = 40;
/// Tables in one component.
pub const TABLES_MAX: u32 = 40;
/// Elements of one table.
pub const TABLE_ELEMENTS_MAX: usize = 10_000;
/// What the engine keeps of one instance beside its memory and tables.
pub const INSTANCE_BYTES_MAX: usize = 8 << 20;
/// Memory of an instance that stays mapped for the next one.
pub const RESIDENT_BYTES: usize = 2 << 20;
/// The stack of a guest. A challenge and its agent share a thread of 2 MiB.
pub const STACK_BYTES: usize = 512 << 10;

/// Core modules in one component, in all components that it contains.
pub const MODULES_MAX: u32 = 100;
/// Components that a component contains.
pub const COMPONENTS_MAX: u32 = 100;
/// Functions of all core modules of a component.
pub const FUNCTIONS_MAX: u32 = 100_000;
/// The body of one function; the time that a compiler takes grows faster than this.
pub const FUNCTION_BYTES_MAX: usize = 1 << 20;
/// Imports, exports and globals of all core modules of a component, each.
pub const NAMES_MAX: u32 = 20_000;
/// Types of all core modules and components together.
pub const TYPES_MAX: u32 = 20_000;
/// Pieces of data and lists of elements of all core modules of a component, each.
pub const SEGMENTS_MAX: u32 = 100_000;
/// Imports, exports, aliases, instances and canonical functions of a component, each.
pub const ITEMS_MAX: u32 = 10_000;

/// Lines of a log in one run; the rest is dropped.
pub const LOG_LINES_MAX: usize = 256;
/// A line of a log; the rest of it is dropped.
pub const LOG_LINE_BYTES_MAX: usize = 512;
/// Entries for the audit log that a run leaves in order; further calls are counted by name and verdict.
pub const CALLS_IN_ORDER_MAX: usize = 1024;
/// What an agent may hand over at once at least, so that log lines fit under any limit of a manifest.
pub const HANDOVER_BYTES_MIN: usize = 64 << 10;
/// What a challenge may hand over at once at most.
pub const HANDOVER_BYTES_MAX: u64 = 64 << 20;
/// Fuel for each page of 64 KiB that a memory grows by: the kernel maps it.
pub const GROWN_PAGE_FUEL: u8 = 100;
/// Fuel that every call to the host costs, beside one for each byte.
pub const HOST_CALL_FUEL: u64 = 1_000;
/// The same where the host has to ask the node.
pub const QUESTION_FUEL: u64 = 10_000;
/// Fuel for each header of a request, beside one for each byte: empty ones are work too.
pub const HEADER_FUEL: u64 = 16;

/// Streams of chance in one run.
pub const STREAMS_MAX: usize = 64;
/// The label of a stream.
pub const STREAM_LABEL_BYTES_MAX: usize = 64;
/// Bytes of chance at once.
pub const CHANCE_BYTES_MAX: u32 = 1 << 20;
/// Keys of the state at once.
pub const KEYS_AT_ONCE_MAX: u32 = 1024;
/// Posts at once.
pub const POSTS_AT_ONCE_MAX: u32 = 64;
/// Submissions at once.
pub const SUBMISSIONS_AT_ONCE_MAX: u32 = 256;
/// Bytes of an artifact at once.
pub const PIECE_BYTES_MAX: u32 = 1 << 20;
/// Exchanges with hosts in one run.
pub const EXCHANGES_MAX: usize = 64;
/// What one exchange sends: address, headers and body.
pub const REQUEST_BYTES_MAX: usize = 256 << 10;
/// What one exchange brings back: a body of 1 MiB, and headers.
pub const ANSWER_BYTES_MAX: usize = 17 << 16;
/// The body of an answer to the public.
pub const SERVED_BYTES_MAX: usize = 256 << 10;
/// The media type of an answer to the public.
pub const MEDIA_TYPE_BYTES_MAX: usize = 100;

/// What a cage may say at once: the most that a run may keep in the vault, and room around it.
pub const WORD_BYTES_MAX: usize = 20 << 20;
/// What a cage may be told at once: an epoch's rows with all that was measured.
pub const COMMAND_BYTES_MAX: usize = 64 << 20;
/// A refusal of the compiler, or the names of imports.
pub const REPLY_BYTES_MAX: usize = 1 << 20;
/// Questions of one run.
pub const QUESTIONS_MAX: u64 = 1 << 20;
/// Entries of calls that one run may report; consecutive ones of one kind are one entry.
pub const CALLS_MAX: usize = 1 << 16;
/// Places of one run: the challenge, the judged agent and its opponents.
pub const PLACES_MAX: usize = 16;
/// The reason that a cage gives before it ends.
pub const REASON_BYTES_MAX: usize = 1 << 10;

/// What a cage takes beside the memories of its guests: the engine, code, frames.
pub const ENGINE_BYTES: u64 = 512 << 20;
/// Processes and threads of one cage.
pub const PROCESSES_MAX: u32 = 4;
/// How often a group is tried to be removed while its last process is still leaving.
pub const REMOVALS_MAX: u32 = 200;
/// Spares that are passed over because they are dead: more than wait, so that the last was started just now.
pub const SPARES_TRIED_MAX: usize = 64;
/// Cages that may break off while they load the code of one run.
pub const CLOSINGS_MAX: usize = 3;

/// Processor time of one compilation.
pub const COMPILE_PROCESSOR_S: u64 = 60;
/// Memory of one compilation.
pub const COMPILE_DATA_BYTES: u64 = 2 << 30;
/// Compiled code of one component.
pub const CODE_BYTES_MAX: u64 = 1 << 30;
/// Imports that one component may name.
pub const IMPORTS_MAX: usize = 1 << 12;
/// Compilations that wait or run; more are turned away.
pub const COMPILES_MAX: usize = 64;
/// Refusals that are remembered in memory.
pub const REFUSALS_MAX: usize = 1 << 10;
/// Compiled code that is held ready in memory.
pub const SHELF_BYTES_MAX: u64 = 256 << 20;
/// Compiled code on disk.
pub const DISK_BYTES_MAX: u64 = 4 << 30;
/// Bytes whose digests are remembered.
pub const NAMED_BYTES_MAX: usize = 128 << 20;
/// The number of files whose locks keep processes from compiling the same thing.
pub const LOCKS: u8 = 64;
/// What stands before compiled code in its file.
pub const CODE_HEADER_BYTES_MAX: usize = 1 << 20;
/// Above this, hashing would hold up the thread that everybody shares.
pub const HASHED_AT_ONCE_BYTES_MAX: usize = 256 << 10;
