//! What carries messages between nodes. It may lose, repeat and reorder them; nothing that it says is believed.

use crate::driver::Verdict;
use crate::message::Topic;
use agon_types::SessionKey;
use async_trait::async_trait;
use tokio::sync::oneshot;

/// What comes in.
#[derive(Debug)]
pub enum Arrival {
    /// A message to all. It is passed on to others only once it is judged.
    Message { from: SessionKey, topic: Topic, bytes: Vec<u8>, number: u64 },
    /// A question to this node. Whoever asks hears nothing if the sender is dropped.
    Question { from: SessionKey, bytes: Vec<u8>, reply: oneshot::Sender<Vec<u8>> },
}

/// A node's way to the others. A peer is known by the key that it has proven to have.
#[async_trait]
pub trait Wire: Send + Sync + 'static {
    /// Says something to all others, best effort and at once: what there is no room for is dropped.
    fn publish(&self, topic: Topic, bytes: Vec<u8>);

    /// Whether a message may be passed on.
    fn judge(&self, number: u64, verdict: Verdict);

    /// Puts a question to one peer; nothing if there is no answer.
    async fn ask(&self, peer: SessionKey, bytes: Vec<u8>) -> Option<Vec<u8>>;

    /// What comes in next; nothing when the wire is gone. It may be cancelled without loss.
    async fn next(&self) -> Option<Arrival>;
}
