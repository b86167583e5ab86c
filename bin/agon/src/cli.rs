//! The commands of `agon`: nouns first, then verbs.

mod flags;

use agon_types::{Digest, NetworkId};
use clap::{Args, Parser, Subcommand};
pub use flags::{Flags, Global};
use std::path::PathBuf;
use std::time::Duration;

/// An open competition for AI agents: miners submit, sandboxed challenges judge, validators agree, weights follow.
#[derive(Debug, Parser)]
#[command(name = "agon", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub flags: Flags,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole network on this machine: chain, validators, hub, example challenges and miners
    Up(UpOptions),
    /// Run one node, with the roles of its config
    Node(NodeFlags),
    /// The development chain: a simulator for laptops and tests
    #[command(subcommand)]
    Chain(ChainCommand),
    /// Hotkeys: make, list, show, import, sign, verify
    #[command(subcommand)]
    Key(KeyCommand),
    /// Enter an agent in a challenge (artifacts are not encrypted yet: whoever asks can read them)
    Submit(SubmitOptions),
    /// Look at submissions
    #[command(subcommand)]
    Submission(SubmissionCommand),
    /// Make, test, publish and look at challenges
    #[command(subcommand)]
    Challenge(ChallengeCommand),
    /// The ranking of a challenge
    Board {
        /// The id of the challenge
        challenge: String,
    },
    /// What an epoch pays
    Weights {
        /// The last sealed one if it is left out
        #[arg(long)]
        epoch: Option<u64>,
    },
    /// The bundle from which anyone computes an epoch's weights again
    #[command(subcommand)]
    Seal(SealCommand),
    /// Get the proof of a score from a hub, for `agon verify`
    Proof(ProofOptions),
    /// Check a proof of a score offline, with the digest of the network's genesis and nothing else
    Verify(VerifyOptions),
    /// Execute every block again, and compare the root and the weights
    Replay,
    /// What challenges and agents asked of their host
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What this machine can do, and what is missing
    Doctor,
    /// The completions for a shell, on standard output
    Completions {
        /// The shell that is to complete them
        shell: clap_complete::Shell,
    },
    /// The manual page, on standard output: `agon man | man -l -` shows it
    Man,
}

#[derive(Debug, Args)]
pub struct UpOptions {
    /// Validators that evaluate [default: as the network in the data directory has, or 4]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16), value_name = "N")]
    pub validators: Option<u8>,
    /// Where the hub listens; the development chain is at the next one; 0 takes any free ones
    #[arg(long, default_value_t = 7700, value_parser = clap::value_parser!(u16).range(..u16::MAX as i64), value_name = "P")]
    pub port: u16,
    /// The length of an epoch, at least 2s [default: as the network in the data directory has, or 12s]
    #[arg(long, value_parser = epoch, value_name = "DUR")]
    pub epoch: Option<Duration>,
    /// Begin a new network: what is in the data directory is removed first
    #[arg(long)]
    pub fresh: bool,
    /// No example challenges and no example miners
    #[arg(long)]
    pub no_demo: bool,
    /// Stop once this epoch is sealed and its weights stand on the chain
    #[arg(long, value_name = "N")]
    pub until_epoch: Option<u64>,
}

#[derive(Debug, Args)]
pub struct NodeFlags {
    /// Stop when standard input ends; `agon up` starts its nodes so
    #[arg(long, hide = true)]
    pub stop_with_stdin: bool,
}

/// How a node is started.
#[derive(Debug)]
pub struct NodeOptions {
    pub config: PathBuf,
    pub stop_with_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// Serve a development chain from the data directory
    Serve {
        /// Where it listens
        #[arg(long, default_value = "127.0.0.1:7701", value_name = "ADDRESS")]
        listen: std::net::SocketAddr,
        /// Milliseconds between two blocks
        #[arg(long, default_value_t = 1000)]
        block_ms: u64,
        /// The network that signed calls are for
        #[arg(long, default_value = "dev")]
        network: NetworkId,
        #[arg(long, hide = true)]
        stop_with_stdin: bool,
    },
    /// Register the hotkey of --key on a development chain
    Register {
        /// The chain to register on; the one of `agon up` in the data directory if it is left out
        #[arg(long, value_name = "URL")]
        chain: Option<String>,
        /// What the hotkey has staked
        #[arg(long, default_value_t = 0)]
        stake: u64,
        /// Register it as a validator
        #[arg(long)]
        permit: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a new hotkey
    New {
        /// Its name in the data directory's keys
        #[arg(default_value = "default")]
        name: String,
    },
    /// All hotkeys of the data directory
    List,
    /// The address of a hotkey
    Show {
        /// Its name in the data directory's keys, or a file
        #[arg(default_value = "default")]
        name: String,
    },
    /// Take over a hotkey from a Bittensor keyfile or a seed of 64 hexadecimal characters in a file
    Import {
        /// Its name in the data directory's keys
        name: String,
        /// The keyfile, or the file with the seed
        file: PathBuf,
    },
    /// Sign the bytes of a file, or of standard input with -
    Sign {
        /// What to sign
        file: PathBuf,
    },
    /// Check a signature
    Verify {
        /// The hotkey's SS58 address
        address: String,
        /// The signature, in hexadecimal characters
        signature: String,
        /// What was signed; standard input with -
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct SubmitOptions {
    /// The agent: a WebAssembly component
    pub path: PathBuf,
    /// The challenge to enter
    #[arg(long, value_name = "ID")]
    pub challenge: String,
    /// The version of your submission; the next one if it is left out
    #[arg(long)]
    pub version: Option<u32>,
    /// A name for people, at most 32 bytes; the name of the file if it is left out
    #[arg(long)]
    pub label: Option<String>,
    /// Follow it to its score
    #[arg(long)]
    pub wait: bool,
    /// Evaluate it on this machine as a validator would, and enter nothing
    #[arg(long, conflicts_with_all = ["wait", "version", "label", "chain"])]
    pub dry_run: bool,
    /// The chain to commit on; the one of `agon up` in the data directory if it is left out
    #[arg(long, value_name = "URL")]
    pub chain: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum SubmissionCommand {
    /// Submissions, newest first
    List {
        /// Only those of this challenge
        #[arg(long, value_name = "ID")]
        challenge: Option<String>,
        /// Only those of this miner
        #[arg(long, value_name = "SS58")]
        hotkey: Option<String>,
        /// Only those that are in this status, such as scored
        #[arg(long)]
        status: Option<String>,
    },
    /// One submission with every step of its way
    Show {
        /// The id of the submission
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct ProofOptions {
    /// The id of the submission
    pub submission: String,
    /// Where to write the proof
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// The proof
    pub file: PathBuf,
    /// The digest of the genesis, from a source that you trust
    #[arg(long, value_name = "DIGEST")]
    pub genesis: Digest,
}

#[derive(Debug, Subcommand)]
pub enum ChallengeCommand {
    /// Make a project that builds, tests and publishes as it is
    New {
        /// Where to make it; the name of this folder is the id of the challenge
        folder: PathBuf,
        /// What runs it
        #[arg(long, value_enum, default_value = "component")]
        kind: ProjectKind,
        /// What it is written in
        #[arg(long, value_enum, default_value = "rust")]
        lang: Language,
    },
    /// Build the challenge and its agents as components, and name the code in the manifest
    Build {
        /// The folder of the project
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Run the project's own tests, then its agents in the cage, and compare with golden.toml
    Test {
        /// The folder of the project
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Write what the cage finds into golden.toml
        #[arg(long)]
        accept: bool,
    },
    /// Bring the code into the vault, and publish or update the challenge, signed by the owner's --key
    Publish {
        /// The folder of the project
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Wait until this version is open
        #[arg(long)]
        wait: bool,
    },
    /// Post a message to a challenge, which reads it when it weighs the epoch, signed by the hotkey of --key
    Post {
        /// The id of the challenge
        id: String,
        #[command(flatten)]
        message: Message,
    },
    /// Take no submissions and pay nothing until it is resumed, signed by the owner's --key
    Pause {
        /// The id of the challenge
        id: String,
    },
    /// Open a paused challenge again, signed by the owner's --key
    Resume {
        /// The id of the challenge
        id: String,
    },
    /// Close a challenge for ever, signed by the owner's --key
    Retire {
        /// The id of the challenge
        id: String,
    },
    /// All challenges
    List,
    /// One challenge with its rules
    Show {
        /// The id of the challenge
        id: String,
    },
}

/// A message to a challenge.
#[derive(Debug, Args)]
pub struct Message {
    /// The message, at most 4096 bytes
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub text: Option<String>,
    /// A file with the message; standard input with -
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The number of the post: the same post under the same number counts once [default: the one after the last]
    #[arg(long, value_name = "N")]
    pub sequence: Option<u64>,
}

/// Who runs a challenge.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ProjectKind {
    /// A WASM component, in every validator
    Component,
}

/// What a challenge is written in.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Language {
    Rust,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that the audit log is as it was written: every line, their order, and its end; and name the runs that began
    /// and have not ended
    Verify {
        /// The end of the log as an earlier check printed it: it must still be in there
        #[arg(long, value_name = "LINE:HASH")]
        noted: Option<agon_embedded::audit::Head>,
    },
    /// Runs and the calls that they made, the oldest first
    Show {
        /// Only those of this challenge
        #[arg(long, value_name = "ID")]
        challenge: Option<String>,
        /// Only those with a call that was denied
        #[arg(long)]
        denied: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum SealCommand {
    /// The seal of an epoch
    Show {
        /// The number of the epoch
        epoch: u64,
    },
}

/// Reads a duration: a number with ms, s, m or h.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| "use a number and a unit, such as 12s".to_owned())?;
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("use one of the units ms, s, m, h, such as 12s".to_owned()),
    };
    Ok(Duration::from_millis(number.saturating_mul(ms)))
}

/// Reads the length of an epoch.
fn epoch(text: &str) -> Result<Duration, String> {
    let length = duration(text)?;
    if length < Duration::from_secs(2) {
        return Err("an epoch needs at least 2s: both rounds of its jobs have to fit into it".to_owned());
    }
    Ok(length)
}
