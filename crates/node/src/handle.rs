//! What the other parts hold of a running node: they read its state, give it actions, and hear what happens.

use crate::driver::Message;
use crate::proving::{self, Unproven};
use agon_port::ledger::Kept;
use agon_port::order::Fault;
use agon_port::{Ledger, Order};
use agon_proof::Proof;
use agon_protocol::{Reason, State};
use agon_types::event::Numbered;
use agon_types::{Action, Digest, Genesis, Height, Signed, SubmissionId, signed};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// Why an action was not decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    #[error(transparent)]
    Refused(#[from] Reason),
    #[error(transparent)]
    Signature(#[from] signed::Error),
    #[error("{waiting} actions wait already: try again in a few seconds")]
    Busy { waiting: usize },
    #[error("the node cannot decide now: {0}")]
    Unavailable(String),
}

impl SubmitError {
    /// The name that programs rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(reason) => reason.code(),
            Self::Signature(_) => "bad_signature",
            Self::Busy { .. } => "busy",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// A waiting caller is told the height at which its action was decided, or why it never will be.
pub(crate) type Waiter = oneshot::Sender<Result<Height, SubmitError>>;

/// A cheap handle of a running node.
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub genesis: Genesis,
    pub genesis_digest: Digest,
    /// Written by the driver only, once for each decided block.
    pub state: Arc<RwLock<State>>,
    pub ledger: Arc<dyn Ledger>,
    pub messages: mpsc::Sender<Message>,
    pub tip: watch::Receiver<Height>,
    pub events: broadcast::Sender<Numbered>,
    pub order: Arc<dyn Order>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handle({})", self.shared.genesis.network)
    }
}

impl Handle {
    pub fn genesis(&self) -> &Genesis {
        &self.shared.genesis
    }

    pub fn genesis_digest(&self) -> Digest {
        self.shared.genesis_digest
    }

    /// Looks at the state as the last decided block left it. Blocks wait meanwhile, so look briefly.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        // A reader that panicked has changed nothing.
        look(&self.shared.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last decided height, and a way to wait for the next.
    pub fn tip(&self) -> watch::Receiver<Height> {
        self.shared.tip.clone()
    }

    /// Everything that is told from now on; what came before is in the records.
    pub fn events(&self) -> broadcast::Receiver<Numbered> {
        self.shared.events.subscribe()
    }

    /// Decided blocks with their certificates, from a height on.
    pub async fn blocks(&self, from: Height, count_max: usize) -> Result<Vec<Kept>, Fault> {
        self.shared.ledger.blocks(from, count_max).await.map_err(|error| Fault(error.to_string()))
    }

    /// Proves the last agreed score of a submission, at the head of the ledger.
    pub async fn prove(&self, submission: SubmissionId) -> Result<Proof, Unproven> {
        let stopped = || Unproven::Unavailable("it is stopping".to_owned());
        let (reply, answer) = oneshot::channel();
        let message = Message::Show { submission, reply };
        self.shared.messages.send(message).await.map_err(|_| stopped())?;
        let shown = answer.await.map_err(|_| stopped())??;
        proving::proof(self.genesis(), self.shared.ledger.as_ref(), shown).await
    }

    /// Brings an action into a block. Returns once it is decided and durable, with its height, or refused.
    pub async fn submit(&self, action: Signed<Action>) -> Result<Height, SubmitError> {
        action.clone().verify(&self.shared.genesis.network)?;
        let unavailable = |problem: String| SubmitError::Unavailable(problem);
        let stopped = || unavailable("it is stopping".to_owned());
        let (waiter, answer) = oneshot::channel();
        let expires = action.body.expires_at_height;
        let message = Message::Await { action: action.digest(), expires, waiter };
        self.shared.messages.send(message).await.map_err(|_| stopped())?;
        self.shared.order.submit(action).await.map_err(|fault| unavailable(fault.to_string()))?;
        answer.await.map_err(|_| stopped())?
    }
}
