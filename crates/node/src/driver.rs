//! The one loop that owns the head of the ledger. Everyone else sends it messages.

use crate::handle::Waiter;
use crate::limits::UNTOLD_MAX;
use crate::machine::{Draft, Machine};
use crate::pool::Pool;
use crate::proving::{self, Shown, Unproven};
use agon_port::ledger::Entry;
use agon_port::order::{Fault, Refused, Valid};
use agon_port::{Clock, Ledger, Records};
use agon_types::event::{Event, Numbered};
use agon_types::{
    Action, Anchor, Block, Certificate, ChainBlock, Digest, Height, SessionKey, Signed, SubmissionId, TimeMs,
    Verified, codec,
};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// All that can happen to the head.
pub enum Message {
    Tip(oneshot::Sender<Height>),
    Build {
        height: Height,
        bytes_max: usize,
        reply: oneshot::Sender<Result<Block, Fault>>,
    },
    Check {
        block: Box<Block>,
        reply: oneshot::Sender<Result<Valid, Refused>>,
    },
    Decided {
        block: Box<Block>,
        certificate: Certificate,
        reply: oneshot::Sender<Result<(), Fault>>,
    },
    Voters {
        height: Height,
        reply: oneshot::Sender<Option<Vec<(SessionKey, u64)>>>,
    },
    /// What the head shows of the score of a submission.
    Show {
        submission: SubmissionId,
        reply: oneshot::Sender<Result<Shown, Unproven>>,
    },
    Pool {
        action: Verified<Action>,
        reply: oneshot::Sender<bool>,
    },
    /// Facts for the next block, found on the state of an earlier anchor; later ones replace those that wait.
    Anchor {
        after: Option<ChainBlock>,
        anchor: Anchor,
    },
    /// Something that this node did and no block tells.
    Tell(Event),
    /// Someone waits for an action that comes, or has come, by the order.
    Await {
        action: Digest,
        expires: Height,
        waiter: Waiter,
    },
}

pub struct Driver {
    pub machine: Machine,
    pub pool: Pool,
    pub proposer: SessionKey,
    pub anchor: Option<Anchor>,
    pub ledger: Arc<dyn Ledger>,
    pub records: Arc<dyn Records>,
    pub clock: Arc<dyn Clock>,
    /// What could not be kept in the records yet, oldest first.
    pub untold: VecDeque<(Height, TimeMs, Vec<Event>)>,
    pub tip: watch::Sender<Height>,
    pub events: broadcast::Sender<Numbered>,
}

impl Driver {
    /// Runs until it is told to stop; what it is at, it finishes. A fault of the ledger ends it: nothing may go on
    /// after a failed write.
    pub async fn run(
        mut self,
        mut messages: mpsc::Receiver<Message>,
        stop: CancellationToken,
    ) -> Result<(), Fault> {
        loop {
            let message = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                message = messages.recv() => message,
            };
            match message {
                Some(message) => self.receive(message).await?,
                None => return Ok(()),
            }
        }
    }

    async fn receive(&mut self, message: Message) -> Result<(), Fault> {
        // Whoever does not wait for a reply any more needs none.
        match message {
            Message::Tip(reply) => drop(reply.send(self.machine.head().height)),
            Message::Show { submission, reply } => {
                drop(reply.send(proving::shown(&self.machine, submission)))
            }
            Message::Voters { height, reply } => drop(reply.send(self.machine.voters(height))),
            Message::Build { height, bytes_max, reply } => drop(reply.send(self.build(height, bytes_max))),
            Message::Check { block, reply } => {
                let checked = self.machine.check(&block, self.clock.now());
                drop(reply.send(checked.map(|root| Valid { root })));
            }
            Message::Pool { action, reply } => drop(reply.send(self.pool.add(action))),
            // What was found on an older state would state some facts twice.
            Message::Anchor { after, anchor } if after == self.machine.anchored() => {
                self.anchor = Some(anchor)
            }
            Message::Anchor { .. } => {}
            Message::Await { action, expires, waiter } => self.pool.wait(action, expires, waiter),
            Message::Tell(event) => self.tell_own(event).await,
            Message::Decided { block, certificate, reply } => {
                let decided = self.decided(*block, certificate).await;
                drop(reply.send(decided.clone()));
                decided?;
            }
        }
        Ok(())
    }

    fn build(&mut self, height: Height, bytes_max: usize) -> Result<Block, Fault> {
        let head = self.machine.head();
        if height != head.height.next() {
            return Err(Fault(format!("height {height} cannot be built on {}", head.height)));
        }
        // Header time goes forward even where this machine's clock does not.
        let time_ms = self.clock.now().max(head.time_ms.next());
        let (anchor, actions) = (self.anchor.clone(), self.pool.actions());
        let draft = Draft { time_ms, proposer: self.proposer, anchor, actions, bytes_max };
        let (block, refusals) = self.machine.build(draft);
        self.pool.refuse(refusals);
        Ok(block)
    }

    /// The block is kept first; only then does the state change and the world hear of it.
    async fn decided(&mut self, block: Block, certificate: Certificate) -> Result<(), Fault> {
        let height = block.header.height;
        // A decided block is executed whatever this machine's clock says.
        let executed = self.machine.execute(&block, block.header.time_ms).map_err(|refused| {
            Fault(format!("block {height} was decided and cannot be executed here: {refused}"))
        })?;
        let entry = Entry {
            height,
            block: codec::encode(&block),
            certificate: codec::encode(&certificate),
            writes: executed.writes.clone(),
        };
        self.ledger.append(entry).await.map_err(|error| Fault(error.to_string()))?;
        let mut effects = self.machine.advance(&block, certificate, executed);
        proving::keep_handover(self.ledger.as_ref(), &self.machine, &block.header).await?;
        effects.push(Event::BlockDecided { height, actions: block.actions.len() });
        self.anchor = None;
        self.pool.decided(block.actions.iter().map(Signed::digest).collect(), height);
        self.untold.push_back((height, block.header.time_ms, effects));
        self.tell().await;
        self.tip.send_replace(height);
        Ok(())
    }

    async fn tell_own(&self, event: Event) {
        match self.records.append_own_event(self.clock.now(), event).await {
            // Nobody listens where there is no hub.
            Ok(numbered) => drop(self.events.send(numbered)),
            Err(error) => tracing::error!("an event is not kept: {error}"),
        }
    }

    /// Keeps events in the order of their blocks. The records never decide, so a fault of theirs stops nothing: what
    /// is untold is tried again with the next block, or made again from the blocks at the next start.
    async fn tell(&mut self) {
        while let Some((height, at, effects)) = self.untold.front() {
            match self.records.append_events(*height, *at, effects.clone()).await {
                Ok(numbered) => {
                    // Nobody listens where there is no hub.
                    numbered.into_iter().for_each(|event| drop(self.events.send(event)));
                    self.untold.pop_front();
                }
                Err(error) => {
                    tracing::error!(%height, "events wait: {error}");
                    self.untold.truncate(UNTOLD_MAX);
                    return;
                }
            }
        }
    }
}
