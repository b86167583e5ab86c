//! The agreement as an `Order`: runs the driver over tokio, a wire, a journal in a file and the node's application.

use crate::driver::{Settings, Status};
use crate::misbehaviour::Misbehaviour;
use agon_port::order::{Application, Fault, Order};
use agon_types::{Action, SessionKey, SessionPair, Signed};
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

mod archive;
mod memory;
mod run;
mod wire;

pub use archive::{Archive, LedgerArchive};
pub use memory::Hall;
pub use wire::{Arrival, Wire};

use run::{Event, Run};

/// Proofs of misbehaviour that wait for whoever takes them.
const PROOFS: usize = 256;

/// The application and the way to the driver, from the beginning of a run to its end.
type Running = Option<(Arc<dyn Application>, mpsc::Sender<Event>)>;

/// Decides with others.
pub struct AgreementOrder {
    settings: Settings,
    key: SessionPair,
    journal: PathBuf,
    wire: Arc<dyn Wire>,
    archive: Arc<dyn Archive>,
    running: Mutex<Running>,
    status: watch::Sender<Option<Status>>,
    proofs: mpsc::Sender<(SessionKey, Misbehaviour)>,
    proofs_out: Mutex<Option<mpsc::Receiver<(SessionKey, Misbehaviour)>>>,
}

impl std::fmt::Debug for AgreementOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgreementOrder").field("key", &self.key).finish_non_exhaustive()
    }
}

impl AgreementOrder {
    /// `journal` is the file of what this node has voted for; one node only may have it.
    pub fn new(
        settings: Settings,
        key: SessionPair,
        journal: PathBuf,
        wire: Arc<dyn Wire>,
        archive: Arc<dyn Archive>,
    ) -> Self {
        let (proofs, proofs_out) = mpsc::channel(PROOFS);
        let (running, status) = (Mutex::default(), watch::Sender::new(None));
        let proofs_out = Mutex::new(Some(proofs_out));
        Self { settings, key, journal, wire, archive, running, status, proofs, proofs_out }
    }

    /// What the driver is doing; nothing before the first run.
    pub fn status(&self) -> watch::Receiver<Option<Status>> {
        self.status.subscribe()
    }

    /// The proofs that voters have misbehaved, as they are found. They can be taken once.
    pub fn take_misbehaviours(&self) -> Option<mpsc::Receiver<(SessionKey, Misbehaviour)>> {
        self.proofs_out.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set_running(&self, running: Running) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }

    fn running(&self) -> Running {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Ends a run for those who submit, however it ends.
struct End<'a>(&'a AgreementOrder);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.set_running(None);
    }
}

#[async_trait]
impl Order for AgreementOrder {
    async fn run(&self, application: Arc<dyn Application>, stop: CancellationToken) -> Result<(), Fault> {
        let mut run = Run::new(self, Arc::clone(&application)).await?;
        self.set_running(Some((application, run.events())));
        let _end = End(self);
        run.until(&stop).await
    }

    async fn submit(&self, action: Signed<Action>) -> Result<(), Fault> {
        let refused = |error| Fault(format!("the action is refused: {error}"));
        let verified = action.clone().verify(&self.settings.network).map_err(refused)?;
        let stopped = || Fault("this node is not deciding blocks now: try again later".to_owned());
        let (application, events) = self.running().ok_or_else(stopped)?;
        application.pool(verified).await?;
        events.send(Event::submitted(action)).await.map_err(|_| stopped())
    }
}
