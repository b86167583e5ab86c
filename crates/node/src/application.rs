//! The driver as the order sees it.

use crate::driver::Message;
use crate::witness::Witness;
use agon_port::order::{Application, Fault, Refused, Valid};
use agon_types::{Action, Block, Certificate, Height, SessionKey, Verified};
use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

/// Sends each question to the driver and waits for its answer.
pub struct Remote {
    pub messages: mpsc::Sender<Message>,
    /// A node that votes looks at its own chain before; one that follows takes what was decided.
    pub witness: Option<Witness>,
}

impl Remote {
    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Result<T, Fault> {
        let stopped = || Fault("the node is stopping".to_owned());
        let (reply, answer) = oneshot::channel();
        self.messages.send(message(reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())
    }
}

#[async_trait]
impl Application for Remote {
    async fn tip(&self) -> Result<Height, Fault> {
        self.ask(Message::Tip).await
    }

    async fn build(&self, height: Height, bytes_max: usize) -> Result<Block, Fault> {
        self.ask(|reply| Message::Build { height, bytes_max, reply }).await?
    }

    async fn check(&self, block: Block) -> Result<Result<Valid, Refused>, Fault> {
        if let Some(witness) = &self.witness
            && let Err(problem) = witness.check(&block).await
        {
            return Ok(Err(Refused(problem)));
        }
        self.ask(|reply| Message::Check { block: Box::new(block), reply }).await
    }

    async fn decided(&self, block: Block, certificate: Certificate) -> Result<(), Fault> {
        self.ask(|reply| Message::Decided { block: Box::new(block), certificate, reply }).await?
    }

    async fn voters(&self, height: Height) -> Result<Vec<(SessionKey, u64)>, Fault> {
        let voters = self.ask(|reply| Message::Voters { height, reply }).await?;
        voters.ok_or_else(|| Fault(format!("nobody knows yet who decides height {height}")))
    }

    async fn pool(&self, action: Verified<Action>) -> Result<(), Fault> {
        // A full pool answers whoever waits for the action; for the order nothing is wrong.
        self.ask(|reply| Message::Pool { action, reply }).await.map(drop)
    }
}
