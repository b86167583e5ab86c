//! `agon node`: puts one node together from its config, and runs it until it is told to stop.

use crate::cli::{Global, NodeOptions};
use crate::config::{Config, HubConfig, OrderConfig};
use crate::limits::{ROUTE_RUNS_MAX, SANDBOX_RUNS_MAX};
use crate::output::Failure;
use crate::{chain, key, lock, sandbox};
use agon_embedded::audit::AuditFile;
use agon_embedded::vault::LeaderVault;
use agon_embedded::web::{CheckedWeb, WebPolicy};
use agon_embedded::{FolderVault, FollowOrder, RedbLedger, SoloOrder, SqliteRecords, SystemClock};
use agon_node::start::{Identity, Parts};
use agon_port::{Order, Vault};
use agon_sandbox_wasm::WasmSandbox;
use agon_types::{Genesis, SessionPair, limits};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub async fn run(_global: &Global, options: NodeOptions) -> Result<(), Failure> {
    let config = Config::read(&options.config)?;
    let _lock = lock::take(&config.data_dir)?;
    let stop = CancellationToken::new();
    stop_on_signal(&stop, options.stop_with_stdin);
    let (parts, hub) = compose(&config).await?;
    let node = agon_node::start(parts, stop.clone()).await.map_err(Failure::refused)?;
    let serving = match hub {
        Some(hub) => Some(tokio::spawn(hub.serve(node.handle.clone(), stop.clone()))),
        None => None,
    };
    let ended = node.ended().await;
    stop.cancel();
    if let Some(serving) = serving {
        serving.await.map_err(Failure::internal)??;
    }
    ended.map_err(|fault| Failure::Internal(format!("the node stopped: {fault}")))
}

/// Reads a genesis file.
pub fn genesis(path: &Path) -> Result<Genesis, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))?;
    toml::from_str(&text)
        .map_err(|error| Failure::refused(format!("{} is no genesis: {error}", path.display())))
}

/// What the hub needs beside the node.
struct Hub {
    listener: tokio::net::TcpListener,
    public_url: String,
    vault: Arc<dyn Vault>,
    records: Arc<SqliteRecords>,
    sandbox: Arc<WasmSandbox>,
    audit: Arc<AuditFile>,
    clock: Arc<SystemClock>,
}

impl Hub {
    async fn serve(self, node: agon_node::Handle, stop: CancellationToken) -> Result<(), Failure> {
        let parts = agon_hub::Parts {
            node,
            vault: self.vault,
            records: self.records,
            sandbox: self.sandbox,
            audit: self.audit,
            clock: self.clock,
            random: key::random,
            public_url: self.public_url,
            development: true,
        };
        // Whoever started us waits for this line.
        println!("{}", serde_json::json!({ "listening": parts.public_url }));
        agon_hub::serve(self.listener, parts, stop).await.map_err(Failure::internal)
    }
}

async fn compose(config: &Config) -> Result<(Parts, Option<Hub>), Failure> {
    let folder = &config.data_dir;
    let genesis = genesis(&config.genesis)?;
    let records = Arc::new(SqliteRecords::open(&folder.join("hub.sqlite")).map_err(Failure::refused)?);
    let ledger = folder.join("ledger");
    std::fs::create_dir_all(&ledger).map_err(Failure::refused)?;
    let ledger = Arc::new(RedbLedger::open(&ledger.join("ledger.redb")).map_err(Failure::refused)?);
    let local =
        FolderVault::open(folder.join("vault"), limits::ARTIFACT_BYTES_MAX).map_err(Failure::refused)?;
    let cache = config.wasm_cache.clone().unwrap_or_else(|| folder.join("wasm-cache"));
    let cages = sandbox::start(SANDBOX_RUNS_MAX, &cache).await?;
    let clock = Arc::new(SystemClock);
    let audit = AuditFile::open(&folder.join("audit"), clock.clone()).map_err(Failure::refused)?;
    let audit = Arc::new(audit);
    let network = genesis.network.clone();
    let identity = match &config.validator {
        Some(keys) => {
            Some(Identity { hotkey: key::read(&keys.hotkey)?, session: key::session(&keys.session)? })
        }
        None => None,
    };
    let (order, vault, proposer): (Arc<dyn Order>, Arc<dyn Vault>, Option<SessionPair>) = match &config.order
    {
        OrderConfig::Solo { key, busy_ms, idle_ms } => {
            let pace = agon_embedded::order::Pace { busy_ms: *busy_ms, idle_ms: *idle_ms };
            let key = key::session(key)?;
            (Arc::new(SoloOrder::new(network.clone(), key.clone(), pace)), Arc::new(local), Some(key))
        }
        OrderConfig::Follow { leaders } => {
            let order = FollowOrder::new(network.clone(), leaders.clone()).map_err(Failure::refused)?;
            let vault = LeaderVault::new(local, leaders.clone()).map_err(Failure::refused)?;
            (Arc::new(order), Arc::new(vault), None)
        }
    };
    let chain = Arc::new(chain::client(network, &config.chain.url)?);
    let hub = match &config.hub {
        None => None,
        Some(hub) => {
            let (listener, public_url) = listen(hub).await?;
            let (vault, records) = (Arc::clone(&vault), Arc::clone(&records));
            // What strangers upload and ask is worked on in a sandbox of its own, so that no job waits for it.
            let sandbox = sandbox::start(ROUTE_RUNS_MAX, &cache).await?;
            let (audit, clock) = (Arc::clone(&audit), clock.clone());
            Some(Hub { listener, public_url, vault, records, sandbox, audit, clock })
        }
    };
    let proposes = proposer.is_some();
    // Who only follows proposes nothing, and any voter's key stands for it.
    let first = genesis.voters.keys().first().map(|(key, _)| *key);
    let proposer = proposer.map(|key| key.session()).or(first);
    let proposer = proposer.ok_or_else(|| Failure::refused("the genesis names no voter"))?;
    let random = key::random;
    let parts = Parts {
        genesis,
        ledger,
        records,
        vault,
        sandbox: cages,
        web: Arc::new(CheckedWeb::new(WebPolicy::default())),
        audit,
        order,
        clock,
        chain,
        identity,
        proposer,
        proposes,
        random,
    };
    Ok((parts, hub))
}

async fn listen(hub: &HubConfig) -> Result<(tokio::net::TcpListener, String), Failure> {
    let listener = tokio::net::TcpListener::bind(hub.listen).await.map_err(|error| {
        Failure::refused(format!("cannot listen on {}: {error}; is another agon running?", hub.listen))
    })?;
    let address = listener.local_addr().map_err(Failure::internal)?;
    let public_url = hub.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    Ok((listener, public_url))
}

/// Cancels the token on Ctrl-C, on SIGTERM, and at the end of standard input if that is asked for.
pub fn stop_on_signal(stop: &CancellationToken, with_stdin: bool) {
    let token = stop.clone();
    tokio::spawn(async move {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        let mut terminate = terminate.expect("a process can listen for its signals");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            () = token.cancelled() => {}
        }
        token.cancel();
    });
    if with_stdin {
        let token = stop.clone();
        // A thread of its own, because a read of standard input cannot be given up.
        std::thread::spawn(move || {
            // The parent never writes: the read ends when the parent does.
            let _ = std::io::stdin().read(&mut [0]);
            token.cancel();
        });
    }
}
