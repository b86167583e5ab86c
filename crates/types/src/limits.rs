//! Every maximum of a document, in one place. The limits of a challenge are in its manifest.

/// An encoded block, with its actions and certificate.
pub const BLOCK_BYTES_MAX: usize = 1 << 20;
/// One encoded, signed action.
pub const ACTION_BYTES_MAX: usize = 64 << 10;
/// Signatures on one document.
pub const SIGNATURES_MAX: usize = 8;
/// One signed binding of a node to its hotkey.
pub const BINDING_BYTES_MAX: usize = 768;
/// Keys of the owner.
pub const OWNER_KEYS_MAX: usize = 8;
/// Voters that genesis names, or that the chain gives; while sets change there may be about three times as many.
pub const VOTERS_MAX: usize = 128;
/// How many heights ago misbehaviour may have been to be proven.
pub const EVIDENCE_HEIGHTS_MAX: u64 = 10_000;
/// Approvers that a manifest names.
pub const APPROVERS_MAX: usize = 8;
/// Benchmarks of one challenge.
pub const BENCHMARKS_MAX: usize = 16;
/// Configuration entries of one benchmark.
pub const CONFIG_ENTRIES_MAX: usize = 32;
/// A key or a value of a configuration.
pub const CONFIG_TEXT_BYTES_MAX: usize = 256;
/// Metrics that one benchmark may report.
pub const METRICS_MAX: usize = 16;
/// The name of a metric or a benchmark.
pub const NAME_BYTES_MAX: usize = 32;
/// The title of a challenge.
pub const TITLE_BYTES_MAX: usize = 64;
/// The summary of a challenge.
pub const SUMMARY_BYTES_MAX: usize = 512;
/// The label that a miner gives to an agent.
pub const LABEL_BYTES_MAX: usize = 32;
/// The sentence that explains a failure.
pub const DETAIL_BYTES_MAX: usize = 256;
/// The note on a decision about a candidate.
pub const NOTE_BYTES_MAX: usize = 256;
/// A slug: network id, challenge id, engine profile.
pub const SLUG_BYTES_MAX: usize = 32;
/// Challenges on one ledger.
pub const CHALLENGES_MAX: usize = 256;
/// Seats of one job's assignment.
pub const SEATS_MAX: u16 = 64;
/// Submissions that run again under a new seed.
pub const RERUN_TOP_MAX: u16 = 256;
/// Submissions of one hotkey to one challenge in one epoch.
pub const QUOTA_MAX: u16 = 64;
/// Commitments of one hotkey that wait for their announcement.
pub const OPEN_COMMITMENTS_MAX: usize = 8;
/// Facts of one anchor.
pub const FACTS_MAX: usize = 4096;
/// How far ahead an action may expire.
pub const EXPIRY_HEIGHTS_MAX: u64 = 10_000;
/// The artifact of any challenge; a manifest sets a lower one.
pub const ARTIFACT_BYTES_MAX: u64 = 64 << 20;
/// A compiled module may take this much memory at most, whatever its manifest says.
pub const MEMORY_BYTES_MAX: u64 = 512 << 20;
/// Fuel of one instance.
pub const FUEL_MAX: u64 = 100_000_000_000;
/// Calls of one instance of an agent.
pub const CALLS_MAX: u32 = 100_000;
/// Instances of agents in one benchmark.
pub const INSTANCES_MAX: u32 = 10_000;
/// Wall time of one benchmark.
pub const WALL_TIME_MS_MAX: u64 = 3_600_000;
/// What a machine that meets the requirements burns of fuel in a millisecond, whatever a guest does: a unit takes it
/// at most 25 ns. `docs/benchmarks.md` has what was measured.
pub const FUEL_PER_MS_MIN: u64 = 40_000;
/// A page of a guest's memory, as memory grows.
pub const PAGE_BYTES: u64 = 64 << 10;
/// What a page may cost beside the instructions that touch it, in fuel: to make it, clear it and give it back.
pub const PAGE_FUEL: u64 = 2_000;
/// How far the time of a header may be ahead of a voter's clock.
pub const HEADER_AHEAD_MS_MAX: u64 = 2_000;
/// Opponents of one job.
pub const OPPONENTS_MAX: u8 = 8;
/// Hosts that one challenge may ask.
pub const HOSTS_MAX: usize = 16;
/// The name of a host.
pub const HOST_BYTES_MAX: usize = 253;
/// Routes of one challenge.
pub const ROUTES_MAX: usize = 32;
/// The path of a route.
pub const ROUTE_BYTES_MAX: usize = 128;
/// What one challenge keeps from epoch to epoch: keys and values together.
pub const STATE_BYTES_MAX: u64 = 1 << 20;
/// A key of a challenge's state.
pub const STATE_KEY_BYTES_MAX: usize = 128;
/// A value of a challenge's state.
pub const STATE_VALUE_BYTES_MAX: usize = 8 << 10;
/// Changes of a challenge's state by one `weigh`.
pub const STATE_WRITES_MAX: usize = 128;
/// Keys and values of those changes together, so that they fit into a report.
pub const STATE_WRITES_BYTES_MAX: usize = 16 << 10;
/// Submissions that one `weigh` gives points.
pub const POINTS_MAX: usize = 1024;
/// Posts of one hotkey to one challenge in one epoch.
pub const POSTS_MAX: u16 = 64;
/// The message of one post.
pub const POST_BYTES_MAX: usize = 4 << 10;
/// Posts in the inbox of one challenge in one epoch.
pub const INBOX_MAX: usize = 256;
/// Artifacts that one challenge may read.
pub const ARTIFACTS_MAX: usize = 16;
/// What one run may leave in the vault.
pub const KEPT_BYTES_MAX: u64 = 16 << 20;
/// Pieces that one run may leave in the vault.
pub const KEPT_MAX: usize = 8;
/// A recording of one `observe`.
pub const RECORDING_BYTES_MAX: usize = 4 << 20;
/// One piece of an artifact that a peer asked for.
pub const CHUNK_BYTES_MAX: usize = 1 << 20;
/// Blocks of one answer of a peer.
pub const PEER_BLOCKS_MAX: usize = 64;
/// Their encoded bytes, unless the first alone is larger.
pub const PEER_BLOCKS_BYTES_MAX: usize = 4 << 20;
/// One encoded block with its certificate.
pub const BLOCK_ITEM_BYTES_MAX: usize = BLOCK_BYTES_MAX + 128 * 1024;
/// A question of a peer that is no greeting.
pub const QUESTION_BYTES_MAX: usize = 256;
/// A greeting of a peer with its binding.
pub const GREETING_BYTES_MAX: usize = 1 << 10;
