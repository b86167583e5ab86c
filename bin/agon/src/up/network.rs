//! The files of a local network: genesis, keys, a config for each node. What is there already is kept.

use super::children::Child;
use crate::cli::UpOptions;
use crate::config::{ChainConfig, Config, HubConfig, OrderConfig, ValidatorConfig};
use crate::output::Failure;
use crate::{examples, key, node};
use agon_embedded::chain::Registration;
use agon_embedded::{DevelopmentChainClient, FolderVault};
use agon_port::{Chain, Vault};
use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::{ChainBlock, Digest, Genesis, HotkeyPair, Stake, TimeMs, Voters, limits};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Blocks of the solo order: at least so far apart, and at most.
const BUSY_MS: u64 = 50;
const IDLE_MS: u64 = 400;

/// What a network has where nobody says otherwise.
const VALIDATORS: u8 = 4;
const EPOCH: Duration = Duration::from_secs(12);

/// A network in a data directory.
pub struct Network {
    pub folder: PathBuf,
    pub genesis: Genesis,
    pub validators: u8,
    pub block_ms: u64,
    pub owner: HotkeyPair,
    pub burn: HotkeyPair,
}

/// How a network was begun, so that the next start goes on in the same way.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    validators: u8,
    block_ms: u64,
    /// As it was asked for; an epoch has a whole number of blocks.
    epoch_ms: u64,
}

impl Network {
    /// Reads a network's files, or writes those of a new one.
    pub fn prepare(folder: &Path, options: &UpOptions) -> Result<Self, Failure> {
        if options.fresh {
            remove(folder)?;
        }
        let keys = folder.join("keys");
        let owner = key::read_or_create(&keys.join("owner"))?;
        let burn = key::read_or_create(&keys.join("burn"))?;
        let path = folder.join("genesis.toml");
        if !path.exists() {
            begin(folder, options, (&owner, &burn))?;
        }
        let genesis = node::genesis(&path)?;
        let shape = std::fs::read_to_string(folder.join("shape.toml")).map_err(Failure::refused)?;
        let Shape { validators, block_ms, epoch_ms } = toml::from_str(&shape).map_err(|error| {
            let path = folder.join("shape.toml");
            Failure::refused(format!(
                "{} is of another agon: begin a new network with --fresh: {error}",
                path.display()
            ))
        })?;
        let had = Duration::from_millis(epoch_ms);
        if options.validators.is_some_and(|wanted| wanted != validators)
            || options.epoch.is_some_and(|wanted| wanted != had)
        {
            return Err(Failure::Refused(format!(
                "the network in {} has {validators} validators and epochs of {had:?}: leave out --validators and \
                 --epoch, or begin a new one with --fresh",
                folder.display()
            )));
        }
        Ok(Self { folder: folder.to_owned(), genesis, validators, block_ms, owner, burn })
    }

    fn node_folder(&self, number: u8) -> PathBuf {
        self.folder.join("nodes").join(number.to_string())
    }

    pub fn key(&self, name: &str) -> Result<HotkeyPair, Failure> {
        key::read_or_create(&self.folder.join("keys").join(name))
    }

    pub fn validator(&self, number: u8) -> Result<HotkeyPair, Failure> {
        self.key(&format!("validator-{number}"))
    }

    /// The process of the development chain.
    pub fn chain_child(&self, port: u16) -> Child {
        let folder = self.folder.join("chain");
        let listen = address(port);
        let arguments = ["chain", "serve", "--stop-with-stdin", "--block-ms"].map(str::to_owned).into_iter();
        let arguments = arguments.chain([
            self.block_ms.to_string(),
            "--listen".to_owned(),
            listen.to_string(),
            "--network".to_owned(),
            self.genesis.network.to_string(),
            "--data-dir".to_owned(),
            folder.display().to_string(),
        ]);
        Child { name: "chain".to_owned(), arguments: arguments.collect(), log: folder.join("chain.log") }
    }

    /// The process of the validator that decides and serves.
    pub fn leader_child(&self, chain_url: &str, port: u16) -> Result<Child, Failure> {
        let order = OrderConfig::Solo {
            key: self.folder.join("keys/voter.session"),
            busy_ms: BUSY_MS,
            idle_ms: IDLE_MS,
        };
        let hub = HubConfig { listen: address(port), public_url: None };
        self.child(1, (chain_url, order, Some(hub)))
    }

    /// The process of a validator that follows and evaluates.
    pub fn follower_child(&self, number: u8, (chain_url, hub_url): (&str, &str)) -> Result<Child, Failure> {
        self.child(number, (chain_url, OrderConfig::Follow { leaders: vec![hub_url.to_owned()] }, None))
    }

    fn child(
        &self,
        number: u8,
        (chain_url, order, hub): (&str, OrderConfig, Option<HubConfig>),
    ) -> Result<Child, Failure> {
        let folder = std::path::absolute(self.node_folder(number)).map_err(Failure::internal)?;
        let base = std::path::absolute(&self.folder).map_err(Failure::internal)?;
        self.validator(number)?;
        let key = |end: &str| base.join(format!("keys/validator-{number}{end}"));
        let order = match order {
            OrderConfig::Solo { key, busy_ms, idle_ms } => OrderConfig::Solo {
                key: std::path::absolute(key).map_err(Failure::internal)?,
                busy_ms,
                idle_ms,
            },
            follow @ OrderConfig::Follow { .. } => follow,
        };
        let config = Config {
            data_dir: folder.clone(),
            genesis: base.join("genesis.toml"),
            // All nodes are one person's on one machine, so they compile each component once.
            wasm_cache: Some(base.join("wasm-cache")),
            chain: ChainConfig { url: chain_url.to_owned() },
            order,
            hub,
            validator: Some(ValidatorConfig { hotkey: key(""), session: key(".session") }),
        };
        let path = folder.join("agon.toml");
        let text = toml::to_string(&config).map_err(Failure::internal)?;
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(Failure::refused)?;
        let arguments = ["node", "--stop-with-stdin", "--config"].map(str::to_owned).into_iter();
        let arguments = arguments.chain([path.display().to_string()]).collect();
        Ok(Child { name: format!("validator {number}"), arguments, log: folder.join("node.log") })
    }

    /// Makes the validators and the burn key known to the chain, whichever of them it does not know yet.
    pub async fn register_keys(&self, chain: &DevelopmentChainClient) -> Result<(), Failure> {
        self.register(chain, (&self.burn, 0, false)).await?;
        let validators = (1..=self.validators).map(async |number| {
            // Unequal stakes, so that weights are seen to count.
            let stake = 1_000_000_000_000 - u64::from(number) * 50_000_000_000;
            self.register(chain, (&self.validator(number)?, stake, true)).await
        });
        try_join_all(validators).await.map(drop)
    }

    pub async fn register(
        &self,
        chain: &DevelopmentChainClient,
        (pair, stake, permit): (&HotkeyPair, u64, bool),
    ) -> Result<(), Failure> {
        let hotkey = pair.hotkey();
        let head = chain.finalised().await.map_err(of_chain)?;
        let snapshot = chain.snapshot(head.number).await.map_err(of_chain)?;
        if snapshot.neurons.iter().any(|(known, _)| *known == hotkey) {
            return Ok(());
        }
        let registration = Registration { hotkey, coldkey: hotkey, stake: Stake(stake), permit };
        chain.register(&registration).await.map(drop).map_err(of_chain)
    }

    /// Puts the code of the example challenges where the leader finds it, and the others from the leader.
    pub async fn keep_code(&self) -> Result<(), Failure> {
        let folder = self.node_folder(1).join("vault");
        let vault = FolderVault::open(folder, limits::ARTIFACT_BYTES_MAX).map_err(Failure::refused)?;
        for challenge in examples::CHALLENGES {
            vault.put(Digest::of(challenge.code), challenge.code).await.map_err(Failure::refused)?;
        }
        Ok(())
    }
}

/// What a fault of the chain means for whoever started it.
pub fn of_chain(error: agon_port::chain::Error) -> Failure {
    match error {
        agon_port::chain::Error::Unreachable(_) | agon_port::chain::Error::Unknown(_) => {
            Failure::Unreachable(error.to_string())
        }
        _ => Failure::refused(error),
    }
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// About twelve blocks in an epoch, none longer than a second.
fn block_ms(epoch_ms: u64) -> u64 {
    (epoch_ms / 12).clamp(100, 1_000)
}

fn epoch_blocks(epoch_ms: u64) -> u64 {
    (epoch_ms / block_ms(epoch_ms)).max(1)
}

fn begin(
    folder: &Path,
    options: &UpOptions,
    (owner, burn): (&HotkeyPair, &HotkeyPair),
) -> Result<(), Failure> {
    let epoch_ms = u64::try_from(options.epoch.unwrap_or(EPOCH).as_millis()).unwrap_or(u64::MAX);
    let mut name = [0; 4];
    key::random(&mut name);
    let part = |tenths: u64| Window { heights: 2, ms: epoch_ms * tenths / 20 };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let genesis = Genesis {
        network: format!("dev-{}", hex::encode(name)).parse().map_err(Failure::internal)?,
        time_ms: TimeMs(u64::try_from(now.as_millis()).unwrap_or(0)),
        owner: Owner { threshold: 1, keys: vec![owner.hotkey()] },
        voters: Voters::One(key::session(&folder.join("keys/voter.session"))?.session()),
        burn: burn.hotkey(),
        chain_start: ChainBlock(0),
        parameters: Parameters {
            epoch_blocks: epoch_blocks(epoch_ms),
            commit_window: part(6),
            reveal_window: part(2),
            power_cap: "0.4".parse().map_err(Failure::internal)?,
            absences_max: 3,
            missed_max: Parameters::MISSED_MAX,
        },
    };
    let shape = Shape {
        validators: options.validators.unwrap_or(VALIDATORS),
        block_ms: block_ms(epoch_ms),
        epoch_ms,
    };
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text)
            .map_err(|e| Failure::refused(format!("cannot write {}: {e}", path.display())))
    };
    write("shape.toml", &toml::to_string(&shape).map_err(Failure::internal)?)?;
    write("genesis.digest", &format!("{}\n", genesis.digest()))?;
    // The genesis comes last and whole: a network without it has not begun.
    write("genesis.toml.new", &toml::to_string(&genesis).map_err(Failure::internal)?)?;
    std::fs::rename(folder.join("genesis.toml.new"), folder.join("genesis.toml")).map_err(Failure::refused)
}

/// Removes what `agon up` made here; keys are kept, for they may be somebody's.
fn remove(folder: &Path) -> Result<(), Failure> {
    for name in ["genesis.toml", "genesis.digest", "shape.toml", "up.json"] {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(Failure::refused)?;
        }
    }
    for name in ["nodes", "chain", "proofs"] {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(Failure::refused)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;

    /// What `agon up` with these flags makes of a folder.
    fn prepared(folder: &Path, flags: &[&str]) -> Result<(u8, u64), Failure> {
        let cli = Cli::try_parse_from([&["agon", "up"], flags].concat());
        let Ok(Cli { command: Command::Up(options), .. }) = cli else { panic!("{flags:?}: {cli:?}") };
        let network = Network::prepare(folder, &options)?;
        Ok((network.validators, network.genesis.parameters.epoch_blocks * network.block_ms))
    }

    #[test]
    fn flags_that_are_left_out_go_on_as_the_network_began() {
        let folder = tempfile::tempdir().unwrap();
        let begun = prepared(folder.path(), &["--epoch", "4s", "--validators", "2"]).unwrap();
        assert_eq!(begun, (2, 3_996));
        assert_eq!(prepared(folder.path(), &[]).unwrap(), begun);
        assert_eq!(prepared(folder.path(), &["--epoch", "4000ms"]).unwrap(), begun);
        for other in [["--epoch", "5s"], ["--validators", "3"]] {
            let refused = prepared(folder.path(), &other);
            let expected = "has 2 validators and epochs of 4s: leave out --validators and --epoch";
            assert!(
                matches!(refused, Err(Failure::Refused(problem)) if problem.contains(expected)),
                "{other:?}"
            );
        }
        assert_eq!(prepared(folder.path(), &["--fresh"]).unwrap(), (4, 12_000));
    }

    #[test]
    fn an_epoch_that_is_too_short_is_a_fault_of_the_command() {
        for length in ["0s", "1999ms", "4", "soon"] {
            assert!(Cli::try_parse_from(["agon", "up", "--epoch", length]).is_err(), "{length}");
        }
    }
}
