//! Sets the weights of each sealed epoch on the chain: once, with its own hotkey, however often it falls.

use crate::driver::Message;
use crate::handle::Handle;
use agon_port::chain::{Error, Plan};
use agon_port::records::Intent;
use agon_port::{Chain, Records};
use agon_protocol::anchor;
use agon_protocol::pending::weights_due;
use agon_types::event::Event;
use agon_types::{HotkeyPair, Seal};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two looks at what is left to do.
const INTERVAL: Duration = Duration::from_millis(500);

pub struct Submitter {
    pub handle: Handle,
    pub chain: Arc<dyn Chain>,
    pub records: Arc<dyn Records>,
    pub hotkey: HotkeyPair,
}

/// Why weights do not stand yet.
enum Problem {
    /// It may pass: the epochs after it wait.
    Passing(String),
    /// The chain will never take this vector: the epochs after it go on.
    Final(String),
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Passing(problem)
    }
}

impl Submitter {
    /// Submits until the token is cancelled: sealed epochs in their order, and never one after a later one.
    pub async fn run(self, stop: CancellationToken) {
        let mut complained = None;
        loop {
            let me = self.hotkey.hotkey();
            let seals: Vec<Seal> =
                self.handle.read(|state| weights_due(state, me).into_iter().cloned().collect());
            let newest = seals.last().map(|seal| seal.epoch);
            if let Some(problem) = self.settle_all(&seals).await.err().filter(|_| complained != newest) {
                complained = newest;
                tracing::warn!(?newest, "weights are not set yet: {problem}");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    async fn settle_all(&self, seals: &[Seal]) -> Result<(), String> {
        let mut left = seals;
        for (index, seal) in seals.iter().enumerate() {
            let intent = self.records.intent(seal.epoch).await.map_err(|error| error.to_string())?;
            if intent.is_some_and(|intent| intent.set_at.is_some()) {
                left = &seals[index + 1..];
            }
        }
        let mut refused = Ok(());
        for seal in left {
            match self.settle(seal).await {
                Ok(()) => {}
                Err(Problem::Passing(problem)) => return Err(problem),
                Err(Problem::Final(problem)) => refused = Err(problem),
            }
        }
        refused
    }

    /// Makes the chain show the seal's vector, if it does not already.
    async fn settle(&self, seal: &Seal) -> Result<(), Problem> {
        let known = self.records.intent(seal.epoch).await.map_err(|error| error.to_string())?;
        if seal.vector.is_empty() || known.as_ref().is_some_and(|known| known.set_at.is_some()) {
            return Ok(());
        }
        if known.is_none() {
            // The intent comes first: after a crash we ask the chain before we try again.
            self.keep(seal, None).await?;
        } else if let Some(block) = self.standing(seal).await? {
            return Ok(self.keep(seal, Some(block)).await?);
        }
        let hotkeys = seal.uids.iter().map(|(hotkey, uid)| (*uid, *hotkey)).collect();
        let plan = Plan { epoch: seal.epoch, vector: seal.vector.clone(), hotkeys };
        match self.chain.set_weights(&self.hotkey, plan).await {
            Ok(block) => {
                tracing::info!(epoch = %seal.epoch, %block, "weights set");
                self.keep(seal, Some(block.0)).await?;
                let event = Event::WeightsSet { validator: self.hotkey.hotkey(), epoch: seal.epoch };
                // The driver is gone only when the node stops.
                let _ = self.handle.shared.messages.send(Message::Tell(event)).await;
                Ok(())
            }
            Err(Error::Refused(problem)) => Err(Problem::Final(problem)),
            Err(error) => Err(Problem::Passing(error.to_string())),
        }
    }

    /// The block in which this very vector stands, if it was set after the epoch ended.
    async fn standing(&self, seal: &Seal) -> Result<Option<u64>, String> {
        let row = self.chain.weights(self.hotkey.hotkey()).await.map_err(|error| error.to_string())?;
        let ended = anchor::boundary(self.handle.genesis(), seal.epoch.next());
        Ok(row.filter(|row| row.vector == seal.vector && row.block >= ended).map(|row| row.block.0))
    }

    async fn keep(&self, seal: &Seal, set_at: Option<u64>) -> Result<(), String> {
        let intent = Intent { epoch: seal.epoch, seal: seal.digest(), set_at };
        self.records.put_intent(intent).await.map_err(|error| error.to_string())
    }
}
