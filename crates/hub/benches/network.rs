//! A real node on real adapters, for a hub that is measured: the chain and the outside are those of the hub's tests.

use agon_embedded::audit::AuditFile;
use agon_embedded::order::Pace;
use agon_embedded::web::{CheckedWeb, WebPolicy};
use agon_embedded::{FolderVault, RedbLedger, SoloOrder, SqliteRecords, SystemClock};
use agon_hub::Parts;
use agon_node::{Running, SubmitError};
use agon_port::{Audit, Records, Vault};
use agon_protocol::{State, View as _};
use agon_types::anchor::Neuron;
use agon_types::genesis::Window;
use agon_types::key::SigningKey;
use agon_types::{Action, ActionBody, Digest, Epoch, Height, Hotkey, HotkeyPair, SessionPair, Signed, Stake};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

#[path = "../tests/hub/support/papers.rs"]
pub mod papers;
#[path = "../tests/hub/support/world.rs"]
#[expect(dead_code, reason = "a measurement opens no gate and counts no runs: those are for the tests")]
mod world;

use world::{TestChain, TestClock, TestSandbox};

pub const OWNER: u8 = 100;
pub const VALIDATOR: u8 = 101;
pub const BURN: u8 = 102;
/// Long enough for a thousand reports on a busy machine.
pub const WINDOW_MS: u64 = 3_000;
pub const CODE: &[u8] = b"\0asm the challenge";

pub fn key(n: u8) -> HotkeyPair {
    HotkeyPair::from_seed(&[n; 32])
}

pub fn miner(n: u16) -> HotkeyPair {
    HotkeyPair::from_seed(&Digest::tagged("miner", &n).0)
}

/// The key with which the validator reports.
pub fn session() -> SessionPair {
    SessionPair::from_seed(&[201; 32])
}

fn random(bytes: &mut [u8]) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let seed = Digest::of(&NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    for (byte, from) in bytes.iter_mut().zip(seed.0.iter().cycle()) {
        *byte = *from;
    }
}

pub struct Network {
    pub parts: Parts,
    pub chain: Arc<TestChain>,
    _running: Running,
    _folder: TempDir,
}

impl Network {
    /// A network with so many miners, whose records are as they are given back. Without actions a block comes when
    /// the pace says so.
    pub async fn start(
        miners: u16,
        pace: Pace,
        records: impl FnOnce(SqliteRecords) -> Arc<dyn Records>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        let chain = Arc::new(TestChain {
            head: AtomicU64::new(1),
            neurons: neurons(miners),
            commitments: Default::default(),
            rows: Default::default(),
        });
        let records = records(SqliteRecords::open(&at("hub.sqlite")).unwrap());
        let vault: Arc<dyn Vault> = Arc::new(FolderVault::open(at("vault"), 1 << 20).unwrap());
        vault.put(Digest::of(CODE), CODE).await.unwrap();
        let audit: Arc<dyn Audit> = Arc::new(AuditFile::open(&at("audit"), Arc::new(SystemClock)).unwrap());
        let voter = SessionPair::from_seed(&[200; 32]);
        let mut genesis = papers::genesis();
        let window = Window { heights: 2, ms: WINDOW_MS };
        (genesis.parameters.commit_window, genesis.parameters.reveal_window) = (window, window);
        let parts = agon_node::Parts {
            ledger: Arc::new(RedbLedger::open(&at("ledger")).unwrap()),
            records: records.clone(),
            vault: vault.clone(),
            sandbox: TestSandbox::new(),
            web: Arc::new(CheckedWeb::new(WebPolicy::default())),
            audit: audit.clone(),
            order: Arc::new(SoloOrder::new(genesis.network.clone(), voter.clone(), pace)),
            clock: Arc::new(SystemClock),
            chain: chain.clone(),
            // Whoever measures also reports: a validator at work would be measured, too.
            identity: None,
            proposer: voter.session(),
            proposes: true,
            random,
            genesis,
        };
        let running = agon_node::start(parts, CancellationToken::new()).await.unwrap();
        let parts = Parts {
            node: running.handle.clone(),
            vault,
            records,
            sandbox: TestSandbox::new(),
            audit,
            clock: Arc::new(TestClock(AtomicU64::new(1_000_000))),
            random,
            public_url: "http://hub.test/".to_owned(),
            development: true,
        };
        Self { parts, chain, _running: running, _folder: folder }
    }

    /// Brings an action into a block, or learns why not.
    pub async fn act(&self, body: ActionBody, keys: &[&dyn SigningKey]) -> Result<Height, SubmitError> {
        let network = &self.parts.node.genesis().network;
        let action = Action { expires_at_height: Height(5_000), body };
        self.parts.node.submit(Signed::new(network, action, keys)).await
    }

    /// Waits for the next block, which an action brings that is refused.
    pub async fn block(&self) {
        let mut tip = self.parts.node.tip();
        tip.mark_unchanged();
        loop {
            let body = ActionBody::PublishChallenge(Box::new(papers::manifest()));
            self.act(body, &[&key(1)]).await.expect_err("only the owner publishes");
            // A node that has just begun answers without a block.
            if tokio::time::timeout(Duration::from_secs(1), tip.changed()).await.is_ok() {
                return;
            }
        }
    }

    /// Lets the chain come to an epoch's first block, and waits until the ledger has opened it.
    pub async fn epoch(&self, epoch: u64) {
        self.chain.advance_to(epoch * 10);
        self.until(|state| state.now().unwrap().epoch >= Epoch(epoch)).await;
    }

    pub async fn until(&self, is: impl Fn(&State) -> bool) {
        let mut tip = self.parts.node.tip();
        let wait = async {
            while !self.parts.node.read(&is) {
                tip.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the network goes on");
    }
}

fn neurons(miners: u16) -> BTreeMap<Hotkey, Neuron> {
    let mut neurons = papers::neurons();
    for n in 0..miners {
        let hotkey = miner(n).hotkey();
        let neuron = Neuron { coldkey: hotkey, uid: 100 + n, stake: Stake(0), permit: false };
        neurons.insert(hotkey, neuron);
    }
    neurons
}
