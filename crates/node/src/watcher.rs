//! Facts of the chain become anchors: what changed between the last anchor and a finalised block.

use crate::driver::Message;
use crate::handle::Handle;
use agon_port::Chain;
use agon_port::chain::{Commitment, Error, Snapshot};
use agon_protocol::anchor::boundary;
use agon_protocol::{Key, State, Value, View};
use agon_types::anchor::Neuron;
use agon_types::{Anchor, ChainBlock, Fact, Hotkey, limits};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the chain is asked.
const INTERVAL: Duration = Duration::from_millis(250);
/// Blocks without news after which an anchor is stated all the same, so that people see the chain move.
const QUIET_BLOCKS: u64 = 5;

/// Watches until the token is cancelled. A chain that cannot be reached stops nothing but epochs.
pub async fn run(handle: Handle, chain: Arc<dyn Chain>, stop: CancellationToken) {
    let mut silent = false;
    loop {
        match observe(&handle, chain.as_ref()).await {
            Ok(anchor) => {
                silent = false;
                if let Some((after, anchor)) = anchor {
                    // The driver is gone only when the node stops.
                    let _ = handle.shared.messages.send(Message::Anchor { after, anchor }).await;
                }
            }
            Err(error) if !silent => {
                silent = true;
                tracing::warn!("no news of the chain, so epochs wait: {error}");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// The next anchor, if there is news, with the one that it follows.
async fn observe(handle: &Handle, chain: &dyn Chain) -> Result<Option<(Option<ChainBlock>, Anchor)>, Error> {
    let (last, boundary) = handle.read(|state| {
        let now = state.now().expect("every state has its now");
        (now.anchor, boundary(handle.genesis(), now.epoch.next()))
    });
    let finalised = chain.finalised().await?.number;
    let target = finalised.min(boundary);
    if last.is_some_and(|last| target <= last) || target < handle.genesis().chain_start {
        return Ok(None);
    }
    let after = last.unwrap_or(ChainBlock(0));
    let (target, commitments) = commitments(chain, after, target).await?;
    let snapshot = chain.snapshot(target).await?;
    let found = handle.read(|state| self::anchor(state, &snapshot, &commitments));
    let quiet = found.facts.is_empty() && target != boundary;
    if quiet && last.is_some_and(|last| target.since(last) < QUIET_BLOCKS) {
        return Ok(None);
    }
    Ok(Some((last, found)))
}

/// The anchor that states a block of the chain on top of a state: the same for everyone who has seen that block.
pub fn anchor(state: &State, snapshot: &Snapshot, commitments: &[Commitment]) -> Anchor {
    let (head, facts) = (snapshot.head, changes(state, snapshot, commitments));
    Anchor { number: head.number, hash: head.hash, time_ms: head.time_ms, facts }
}

/// What a snapshot and new commitments say that the state does not know yet.
fn changes(state: &State, snapshot: &Snapshot, commitments: &[Commitment]) -> Vec<Fact> {
    let (first, last) = (Key::Neuron(Hotkey([0; 32])), Key::Neuron(Hotkey([0xff; 32])));
    let known: BTreeMap<Hotkey, Neuron> = state
        .range(&first, &last)
        .into_iter()
        .filter_map(|(key, value)| match (key, value) {
            (Key::Neuron(hotkey), Value::Neuron(neuron)) => Some((*hotkey, **neuron)),
            _ => None,
        })
        .collect();
    let stated: BTreeMap<Hotkey, Neuron> = snapshot.neurons.iter().copied().collect();
    let gone = known.keys().filter(|hotkey| !stated.contains_key(*hotkey));
    let gone = gone.map(|hotkey| Fact::Deregistered { hotkey: *hotkey });
    let changed = stated.iter().filter(|(hotkey, neuron)| known.get(*hotkey) != Some(*neuron));
    let changed = changed.map(|(hotkey, neuron)| Fact::Neuron { hotkey: *hotkey, neuron: *neuron });
    let written = commitments.iter().map(|written| {
        let Commitment { hotkey, commitment, block } = *written;
        Fact::Commitment { hotkey, commitment, block }
    });
    // Commitments come first, for nobody states them again; what the chain says of hotkeys is compared each time.
    written.chain(gone).chain(changed).take(limits::FACTS_MAX).collect()
}

/// Commitments up to a block, or up to an earlier one if they are too many for one anchor.
async fn commitments(
    chain: &dyn Chain,
    after: ChainBlock,
    mut up_to: ChainBlock,
) -> Result<(ChainBlock, Vec<Commitment>), Error> {
    loop {
        let written = chain.commitments(after, up_to).await?;
        if written.len() <= limits::FACTS_MAX || up_to.since(after) <= 1 {
            return Ok((up_to, written));
        }
        up_to = after.plus(up_to.since(after) / 2);
    }
}
