//! The loop that makes the blocks of the development chain. It alone writes; others ask it.

use super::call::{Extrinsic, Refusal};
use super::history::History;
use super::store::Store;
use super::{BlockClock, Error};
use crate::blocking;
use crate::limits::PENDING_MAX;
use agon_port::Clock;
use agon_types::ChainBlock;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Where the outcome of a request goes: the block that includes it, once that block is durable.
pub(super) type Answer = oneshot::Sender<Result<ChainBlock, Refusal>>;

/// What the loop is asked for.
#[derive(Debug)]
pub(super) enum Request {
    Include(Extrinsic, Answer),
    /// So many blocks at once.
    Advance(u64, Answer),
}

pub(super) struct Producer {
    history: Arc<RwLock<History>>,
    store: Arc<Store>,
    time: Arc<dyn Clock>,
    pending: Vec<(Extrinsic, Answer)>,
}

impl Producer {
    pub(super) fn new(history: Arc<RwLock<History>>, store: Store, time: Arc<dyn Clock>) -> Self {
        Self { history, store: Arc::new(store), time, pending: Vec::new() }
    }

    /// Ends when told to, never between a block and its acknowledgement, or when a block cannot be written.
    pub(super) async fn run(
        mut self,
        clock: BlockClock,
        mut requests: mpsc::Receiver<Request>,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        let mut ticks = ticks(clock);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = tick(&mut ticks) => {
                    self.block().await?;
                }
                Some(request) = requests.recv() => self.serve(request).await?,
            }
        }
    }

    async fn serve(&mut self, request: Request) -> Result<(), Error> {
        match request {
            // Whoever asked may be gone; then nobody needs the answer.
            Request::Include(_, answer) if self.pending.len() >= PENDING_MAX => {
                let _ = answer.send(Err(Refusal::PoolFull));
            }
            Request::Include(extrinsic, answer) => self.pending.push((extrinsic, answer)),
            Request::Advance(blocks, answer) => {
                let mut head = ChainBlock(0);
                for _ in 0..blocks {
                    head = self.block().await?;
                }
                let _ = answer.send(Ok(head));
            }
        }
        Ok(())
    }

    /// Makes one block of all that waits: computed, written, shown, acknowledged, in this order.
    async fn block(&mut self) -> Result<ChainBlock, Error> {
        let (requests, answers): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending).into_iter().unzip();
        let now = self.time.now();
        let mut next = self.history.read().unwrap_or_else(PoisonError::into_inner).next(requests, now);
        let (number, outcomes) = (next.block.number, std::mem::take(&mut next.outcomes));
        let store = Arc::clone(&self.store);
        let write = move || store.append(&next.block, next.base.as_ref()).map(|()| next);
        let next = blocking::run(write).await.map_err(Error::Storage)??;
        self.history.write().unwrap_or_else(PoisonError::into_inner).extend(next);
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            let _ = answer.send(outcome.map(|()| number));
        }
        Ok(number)
    }
}

fn ticks(clock: BlockClock) -> Option<Interval> {
    let BlockClock::Every { ms } = clock else { return None };
    let period = Duration::from_millis(ms.max(1));
    let mut ticks = tokio::time::interval_at(Instant::now() + period, period);
    // A machine that slept makes no blocks for the time it slept.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Some(ticks)
}

async fn tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => {
            ticks.tick().await;
        }
        None => std::future::pending().await,
    }
}
