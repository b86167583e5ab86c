//! Puts a node together, and brings it back to where its ledger stands.

use crate::application::Remote;
use crate::driver::{Driver, Message};
use crate::duties::{self, Workshop};
use crate::evaluation::Bench;
use crate::handle::{Handle, Shared};
use crate::limits::{EVENTS_MAX, MESSAGES_MAX};
use crate::machine::{Head, Machine};
use crate::observing::Observing;
use crate::pool::Pool;
use crate::proving;
use crate::replay::replay;
use crate::submitter::Submitter;
use crate::watcher;
use crate::witness::Witness;
use agon_port::ledger::Kept;
use agon_port::order::Fault;
use agon_port::{Audit, Chain, Clock, Ledger, Order, Records, Sandbox, Vault, Web};
use agon_protocol::{Key, State, Value};
use agon_types::event::Event;
use agon_types::{Block, Certificate, Genesis, Height, HotkeyPair, SessionKey, SessionPair, codec, limits};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Blocks read at once from the ledger.
const BLOCKS_AT_ONCE: usize = 256;

/// The keys of a validator.
#[derive(Clone, Debug)]
pub struct Identity {
    pub hotkey: HotkeyPair,
    pub session: SessionPair,
}

/// Everything that a node is made of.
pub struct Parts {
    pub genesis: Genesis,
    pub ledger: Arc<dyn Ledger>,
    pub records: Arc<dyn Records>,
    pub vault: Arc<dyn Vault>,
    pub sandbox: Arc<dyn Sandbox>,
    pub web: Arc<dyn Web>,
    pub audit: Arc<dyn Audit>,
    pub order: Arc<dyn Order>,
    pub clock: Arc<dyn Clock>,
    pub chain: Arc<dyn Chain>,
    /// A validator has keys; an observer has none.
    pub identity: Option<Identity>,
    /// The key that this node puts into headers, should it propose.
    pub proposer: SessionKey,
    /// Whether this node proposes: then it states anchors, and checks those of others before it votes.
    pub proposes: bool,
    pub random: fn(&mut [u8]),
}

/// A node at work.
pub struct Running {
    pub handle: Handle,
    tasks: JoinSet<Result<(), Fault>>,
    stop: CancellationToken,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({:?})", self.handle)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the genesis is not valid: {0}")]
    Genesis(#[from] agon_types::genesis::Invalid),
    #[error(transparent)]
    Ledger(#[from] agon_port::ledger::Error),
    #[error(transparent)]
    Records(#[from] agon_port::records::Error),
    #[error(
        "the ledger in this data directory is damaged: {0}; restore it from a backup, or remove it to fetch it anew"
    )]
    Damaged(String),
}

/// Starts a node where its ledger stands.
pub async fn start(parts: Parts, stop: CancellationToken) -> Result<Running, Error> {
    parts.genesis.check()?;
    let machine = recover(&parts).await?;
    let height = machine.head().height;
    let (messages, inbox) = mpsc::channel(MESSAGES_MAX);
    let (tip_sender, tip) = watch::channel(height);
    let events = broadcast::Sender::new(EVENTS_MAX);
    let handle = Handle {
        shared: Arc::new(Shared {
            genesis_digest: parts.genesis.digest(),
            genesis: parts.genesis.clone(),
            state: machine.state(),
            ledger: Arc::clone(&parts.ledger),
            messages: messages.clone(),
            tip,
            events: events.clone(),
            order: Arc::clone(&parts.order),
        }),
    };
    let driver = Driver {
        machine,
        pool: Pool::default(),
        proposer: parts.proposer,
        anchor: None,
        ledger: Arc::clone(&parts.ledger),
        records: Arc::clone(&parts.records),
        clock: Arc::clone(&parts.clock),
        untold: VecDeque::new(),
        tip: tip_sender,
        events,
    };
    let mut tasks = JoinSet::new();
    spawn(&mut tasks, (driver, inbox, messages), &parts, (&handle, &stop));
    tracing::info!(%height, network = %parts.genesis.network, "node started");
    Ok(Running { handle, tasks, stop })
}

type Loop = (Driver, mpsc::Receiver<Message>, mpsc::Sender<Message>);

fn spawn(
    tasks: &mut JoinSet<Result<(), Fault>>,
    (driver, inbox, messages): Loop,
    parts: &Parts,
    (handle, stop): (&Handle, &CancellationToken),
) {
    tasks.spawn(driver.run(inbox, stop.clone()));
    let witness = parts.proposes.then(|| Witness {
        state: Arc::clone(&handle.shared.state),
        chain: Arc::clone(&parts.chain),
        own: parts.proposer,
    });
    let application = Arc::new(Remote { messages, witness });
    let (order, token) = (Arc::clone(&parts.order), stop.clone());
    tasks.spawn(async move { order.run(application, token).await });
    if parts.proposes {
        let watching = watcher::run(handle.clone(), Arc::clone(&parts.chain), stop.clone());
        tasks.spawn(async move {
            watching.await;
            Ok(())
        });
    }
    let Some(identity) = parts.identity.clone() else { return };
    let submitter = Submitter {
        handle: handle.clone(),
        chain: Arc::clone(&parts.chain),
        records: Arc::clone(&parts.records),
        hotkey: identity.hotkey.clone(),
    };
    let workshop = Workshop {
        handle: handle.clone(),
        identity,
        order: Arc::clone(&parts.order),
        bench: Bench {
            vault: Arc::clone(&parts.vault),
            records: Arc::clone(&parts.records),
            sandbox: Arc::clone(&parts.sandbox),
            audit: Arc::clone(&parts.audit),
            observing: Observing::default(),
        },
        web: Arc::clone(&parts.web),
        random: parts.random,
    };
    let (one, two) = (stop.clone(), stop.clone());
    tasks.spawn(async move {
        submitter.run(one).await;
        Ok(())
    });
    tasks.spawn(async move {
        duties::run(workshop, two).await;
        Ok(())
    });
}

impl Running {
    /// Waits until the node was told to stop and has stopped, or has failed.
    pub async fn ended(mut self) -> Result<(), Fault> {
        let mut result = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(Fault(error.to_string())));
            if ended.is_err() && result.is_ok() && !self.stop.is_cancelled() {
                result = ended;
            }
            // One part that ends, ends all: half a node is worse than none.
            self.stop.cancel();
        }
        result
    }
}

/// The machine at the ledger's tip, with every event told.
async fn recover(parts: &Parts) -> Result<Machine, Error> {
    let tip = parts.ledger.tip().await?;
    if tip == Height(0) {
        return Ok(Machine::new(&parts.genesis));
    }
    let kept = parts.ledger.blocks(tip, 1).await?;
    let kept = kept.first().ok_or_else(|| Error::Damaged(format!("block {tip} is missing")))?;
    let (block, certificate) = decode(kept)?;
    let mut entries = Vec::new();
    for (key, value) in parts.ledger.state().await? {
        let damaged = |error: codec::Error| Error::Damaged(format!("an entry of the state: {error}"));
        let key: Key = codec::decode(&key, usize::MAX).map_err(damaged)?;
        let value: Value = codec::decode(&value, usize::MAX).map_err(damaged)?;
        entries.push((key, value));
    }
    let head = Head {
        height: tip,
        time_ms: block.header.time_ms,
        digest: block.header.digest(),
        certificate: Some(certificate),
    };
    let machine = Machine::at(&parts.genesis, State::from_entries(entries), head);
    if machine.root() != block.header.state_root {
        return Err(Error::Damaged("the state does not have the root of the last block".to_owned()));
    }
    // Whoever fell between the last block and its hand-over keeps that now.
    let kept = proving::keep_handover(parts.ledger.as_ref(), &machine, &block.header).await;
    kept.map_err(|Fault(problem)| Error::Damaged(problem))?;
    if parts.records.projected_height().await? < tip {
        tell_again(parts).await?;
    }
    Ok(machine)
}

/// Events that were not kept when the node fell are made once more, from the blocks.
async fn tell_again(parts: &Parts) -> Result<(), Error> {
    let projected = parts.records.projected_height().await?;
    let blocks = all_blocks(parts.ledger.as_ref()).await?;
    let mut missed: Vec<(Block, Vec<Event>)> = Vec::new();
    let replayed = replay(&parts.genesis, blocks, |block, effects| {
        if block.header.height > projected {
            missed.push((block.clone(), effects));
        }
    });
    replayed.map_err(|error| Error::Damaged(error.to_string()))?;
    for (block, mut effects) in missed {
        let (height, at) = (block.header.height, block.header.time_ms);
        effects.push(Event::BlockDecided { height, actions: block.actions.len() });
        parts.records.append_events(height, at, effects).await?;
    }
    Ok(())
}

/// Every block of a ledger, decoded, from the first on.
pub async fn all_blocks(ledger: &dyn Ledger) -> Result<Vec<(Block, Certificate)>, Error> {
    let mut blocks = Vec::new();
    loop {
        let from = Height(blocks.len() as u64 + 1);
        let some = ledger.blocks(from, BLOCKS_AT_ONCE).await?;
        if some.is_empty() {
            return Ok(blocks);
        }
        for kept in &some {
            blocks.push(decode(kept)?);
        }
    }
}

fn decode(kept: &Kept) -> Result<(Block, Certificate), Error> {
    let damaged = |error: codec::Error| Error::Damaged(format!("block {}: {error}", kept.height));
    let block = codec::decode(&kept.block, limits::BLOCK_BYTES_MAX).map_err(damaged)?;
    let certificate = codec::decode(&kept.certificate, limits::BLOCK_BYTES_MAX).map_err(damaged)?;
    Ok((block, certificate))
}
