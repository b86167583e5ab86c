//! The order of a node that follows a leader over HTTP: it decides nothing, and believes nothing unproven.

use super::backoff::Backoff;
use crate::http;
use agon_port::order::{Application, Fault, Order};
use agon_types::{Action, NetworkId, Signed, codec};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

mod leader;
mod proof;

use leader::{Answer, Item, Leader};

/// The least time between two questions, for leaders that answer at once when they have nothing.
const POLL_MS_MIN: u64 = 100;

/// Follows one of several leaders: the next one whenever the present one fails.
#[derive(Debug)]
pub struct FollowOrder {
    network: NetworkId,
    leaders: Vec<Leader>,
    /// The index of the leader that is asked now, for ever counting up.
    present: AtomicUsize,
}

/// Why a follower cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a follower needs the address of at least one leader")]
    NoLeader,
    #[error("{0}")]
    Address(String),
}

/// Why a page of blocks brings this node no further, though the node itself is well.
enum Setback {
    Unreachable(String),
    Refused(String),
}

impl FollowOrder {
    /// `leaders` are base addresses such as `http://127.0.0.1:7700`, the preferred one first.
    pub fn new(network: NetworkId, leaders: Vec<String>) -> Result<Self, Error> {
        if leaders.is_empty() {
            return Err(Error::NoLeader);
        }
        let client = http::client();
        let leader = |url: String| http::base(&url).map(|base| Leader::new(client.clone(), base));
        let leaders = leaders.into_iter().map(leader).collect::<Result<_, _>>().map_err(Error::Address)?;
        Ok(Self { network, leaders, present: AtomicUsize::new(0) })
    }

    fn leader(&self, later: usize) -> &Leader {
        let index = self.present.load(Ordering::Relaxed).wrapping_add(later);
        &self.leaders[index % self.leaders.len()]
    }

    /// Asks for the next blocks and takes them. Only the asking can be interrupted.
    async fn step(
        &self,
        application: &dyn Application,
        stop: &CancellationToken,
    ) -> Result<Result<(), Setback>, Fault> {
        let mut height = application.tip().await?.next();
        let asked = Instant::now();
        let page = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Ok(())),
            page = self.leader(0).blocks(height) => page,
        };
        let items = match page {
            Ok(items) => items,
            Err(text) => return Ok(Err(Setback::Unreachable(text))),
        };
        if items.is_empty() {
            pause(asked + Duration::from_millis(POLL_MS_MIN), stop).await;
        }
        for item in &items {
            if stop.is_cancelled() {
                break;
            }
            if let Err(text) = self.take(application, item, height).await? {
                return Ok(Err(Setback::Refused(format!("block {height}: {text}"))));
            }
            height = height.next();
        }
        Ok(Ok(()))
    }

    /// Verifies one block, has it checked, and keeps it.
    async fn take(
        &self,
        application: &dyn Application,
        item: &Item,
        height: agon_types::Height,
    ) -> Result<Result<(), String>, Fault> {
        let voters = application.voters(height).await?;
        let proven = match proof::open(&self.network, item, height, &voters) {
            Ok(proven) => proven,
            Err(refused) => return Ok(Err(refused.to_string())),
        };
        match application.check(proven.block.clone()).await? {
            Err(refused) => return Ok(Err(refused.to_string())),
            Ok(valid) if valid.root != proven.block.header.state_root => {
                return Ok(Err(format!(
                    "it gives the root {} here, and its header says another",
                    valid.root
                )));
            }
            Ok(_) => {}
        }
        application.decided(proven.block, proven.certificate).await?;
        Ok(Ok(()))
    }

    /// Says what is wrong, once for as long as it stays the same.
    fn tell(&self, setback: &Setback, last: &mut Option<String>) {
        let leader = self.leader(0).base();
        let text = match setback {
            Setback::Unreachable(text) => format!("the leader {leader} is not reachable: {text}"),
            Setback::Refused(text) => format!("the leader {leader} sent what is refused: {text}"),
        };
        if last.as_ref() != Some(&text) {
            tracing::warn!("{text}");
            *last = Some(text);
        }
    }
}

async fn pause(until: Instant, stop: &CancellationToken) {
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = tokio::time::sleep_until(until) => {}
    }
}

#[async_trait]
impl Order for FollowOrder {
    async fn run(&self, application: Arc<dyn Application>, stop: CancellationToken) -> Result<(), Fault> {
        // One for each leader, so that two that fail in turn do not fill the log.
        let mut told = vec![None; self.leaders.len()];
        let mut backoff = Backoff::new();
        while !stop.is_cancelled() {
            let before = application.tip().await?;
            let outcome = self.step(application.as_ref(), &stop).await?;
            let advanced = application.tip().await? > before;
            if advanced {
                backoff.reset();
            }
            let present = self.present.load(Ordering::Relaxed) % self.leaders.len();
            match outcome {
                Ok(()) => {
                    backoff.reset();
                    told[present] = None;
                }
                Err(setback) => {
                    self.tell(&setback, &mut told[present]);
                    self.present.fetch_add(1, Ordering::Relaxed);
                    pause(Instant::now() + backoff.next(), &stop).await;
                }
            }
        }
        Ok(())
    }

    async fn submit(&self, action: Signed<Action>) -> Result<(), Fault> {
        let refused = |error| Fault(format!("the action is refused: {error}"));
        let verified = action.verify(&self.network).map_err(refused)?;
        let encoded = hex::encode(codec::encode(verified.signed()));
        let mut failures = Vec::new();
        for later in 0..self.leaders.len() {
            let leader = self.leader(later);
            match leader.submit(&encoded).await {
                Ok(Answer::Taken) => return Ok(()),
                Ok(Answer::Refused { code, detail }) => {
                    // The application sees by itself what is still to be done.
                    tracing::debug!(leader = leader.base(), code, detail, "the leader refuses an action");
                    return Ok(());
                }
                Err(text) => failures.push(format!("{}: {text}", leader.base())),
            }
        }
        Err(Fault(format!("no leader takes the action: {}", failures.join("; "))))
    }
}

#[cfg(test)]
mod tests;
