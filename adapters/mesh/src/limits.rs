//! Every maximum of the mesh, in one place.

use agon_types::limits;

/// A consensus message: a proposed block with a little around it.
pub const CONSENSUS_BYTES_MAX: usize = limits::BLOCK_BYTES_MAX + 4096;
/// An action as it is passed on.
pub const GOSSIPED_ACTION_BYTES_MAX: usize = limits::ACTION_BYTES_MAX;
/// The announcement that a node has an artifact: a digest and a little around it.
pub const ANNOUNCEMENT_BYTES_MAX: usize = 1 << 10;
/// What gossip adds to a message: author, number, topic, signature.
pub const ENVELOPE_BYTES_MAX: usize = 1 << 10;

/// Messages of one topic that the application has not judged; what comes beyond is dropped.
pub const UNJUDGED_MAX: usize = 4_096;
/// Their bytes together, for consensus.
pub const UNJUDGED_CONSENSUS_BYTES_MAX: usize = 32 << 20;
/// The same for actions.
pub const UNJUDGED_ACTIONS_BYTES_MAX: usize = 16 << 20;
/// The same for announcements of artifacts.
pub const UNJUDGED_ANNOUNCEMENTS_BYTES_MAX: usize = 1 << 20;
/// What the application has asked for and the swarm has not taken up yet.
pub const COMMANDS_MAX: usize = 1_024;
/// Messages on their way to one peer; beyond that the oldest are given up.
pub const OUTGOING_MAX: usize = 512;
/// How long a message may wait for a slow peer before it is given up.
pub const OUTGOING_MS_MAX: u64 = 3_000;

/// Questions for pieces of artifacts that wait or are being answered.
pub const CHUNK_ASKS_MAX: usize = 16;
/// Artifacts that are kept in memory while they are being asked for.
pub const SERVED_ARTIFACTS_MAX: usize = 2;
/// Questions for blocks that the application has not answered.
pub const BLOCK_ASKS_MAX: usize = 32;
/// Questions and answers on one connection at one time, for each kind.
pub const STREAMS_MAX: usize = 16;
/// Streams that one peer may have open on one connection, of whatever kind.
pub const CONNECTION_STREAMS_MAX: usize = 128;
/// Streams of one connection that have not said yet what they are for.
pub const NEGOTIATING_MAX: usize = 32;
/// How long a question may take.
pub const QUESTION_MS_MAX: u64 = 10_000;
/// How long a connection may take until both sides know each other, and a greeting after it.
pub const HANDSHAKE_MS_MAX: u64 = 5_000;
/// Silence after which a connection is dead.
pub const SILENCE_MS_MAX: u64 = 15_000;

/// Connections at one time; those of validators are not counted.
pub const CONNECTIONS_MAX: usize = 256;
/// Connections of one peer.
pub const CONNECTIONS_PER_PEER_MAX: usize = 4;
/// Connections from one address; those of validators are not counted.
pub const CONNECTIONS_PER_IP_MAX: usize = 32;
/// Connections that do not know each other yet.
pub const PENDING_MAX: usize = 64;
/// New connections from one address at once, after which they are counted by time.
pub const ARRIVALS_BURST_MAX: u32 = 128;
/// New connections from one address in a second.
pub const ARRIVALS_PER_S_MAX: u32 = 8;
/// Addresses whose arrivals are counted; a full book forgets the quiet ones first.
pub const ADDRESSES_MAX: usize = 1_024;
/// Peers that are banned at one time; the ban that ends first makes room.
pub const BANS_MAX: usize = 1_024;
/// How long a ban lasts.
pub const BAN_MS: u64 = 600_000;
/// How long the ban of a validator lasts.
pub const VALIDATOR_BAN_MS: u64 = 30_000;
/// Hotkeys whose newest binding is remembered; those of validators always are.
pub const BINDINGS_MAX: usize = 1_024;

/// Faults after which a peer is banned; one is forgiven each second.
pub const FAULTS_MAX: u32 = 100;
/// Frames of gossip from a validator in a second; each carries one message at most.
pub const VALIDATOR_FRAMES_PER_S_MAX: u32 = 5_000;
/// The same from another bound peer.
pub const BOUND_FRAMES_PER_S_MAX: u32 = 500;
/// The same from a stranger, who may send nothing but actions.
pub const STRANGER_FRAMES_PER_S_MAX: u32 = 20;
/// Questions of one peer in a second, of whatever kind.
pub const QUESTIONS_PER_S_MAX: u32 = 256;
/// Messages of one frame of gossip.
pub const FRAME_MESSAGES_MAX: usize = 1;

/// The longest wait before a peer is dialled again.
pub const REDIAL_MS_MAX: u64 = 30_000;
/// How often the mesh looks after its peers.
pub const TICK_MS: u64 = 100;
