//! What makes a node run on one machine with nothing installed: files, a small database, and a chain of its own.
//!
//! ```text
//!   port::Vault   <- FolderVault    a folder, each file named by the digest of its bytes
//!   port::Ledger  <- RedbLedger     one file, one durable transaction per block
//!   port::Records <- SqliteRecords  one SQLite database
//!   port::Order   <- SoloOrder      decides alone        FollowOrder  follows those who decide, over HTTP
//!   port::Clock   <- SystemClock
//!   port::Web     <- CheckedWeb     named hosts over HTTPS, at checked addresses
//!   port::Audit   <- AuditFile      a chain of lines in files
//!   port::Chain   <- DevelopmentChainClient -- HTTP --> DevelopmentChain  a simulator, and says so
//! ```
//!
//! This crate knows only ports and types. It decides nothing about the contest, serves no page and no API of a hub,
//! and the development chain pays nobody: it stands in for a real one on a laptop and in tests.
//!
//! # Layout
//! * [`vault`], [`ledger`], [`records`], [`clock`]: what a node keeps, and its time
//! * [`order`]: a voting set of one, and a follower
//! * [`web`], [`audit`]: what foreign code may ask of the world, and the log of what it asked
//! * [`chain`]: the development chain and its client
//! * `limits`: every maximum

pub mod audit;
pub mod chain;
pub mod clock;
pub mod ledger;
pub mod order;
pub mod records;
pub mod vault;
pub mod web;

mod blocking;
pub mod http;
mod limits;

pub use audit::AuditFile;
pub use chain::{DevelopmentChain, DevelopmentChainClient};
pub use clock::SystemClock;
pub use ledger::RedbLedger;
pub use order::{FollowOrder, SoloOrder};
pub use records::SqliteRecords;
pub use vault::FolderVault;
pub use web::{CheckedWeb, WebPolicy};
