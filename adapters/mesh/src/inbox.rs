//! What the mesh hands to the application: messages that wait for a verdict, and questions that wait for an answer.

use crate::task::Reply;
use crate::topic::Topic;
use agon_types::peer::{BlocksAnswer, BlocksAsk};
use agon_types::{Height, limits};
use libp2p::PeerId;
use libp2p::gossipsub::MessageId;
use libp2p::request_response::ResponseChannel;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// One queue for each kind, so that none stands in another's way. A queue that is full drops what comes last.
#[derive(Debug)]
pub struct Inbox {
    pub consensus: mpsc::Receiver<Incoming>,
    pub actions: mpsc::Receiver<Incoming>,
    pub artifacts: mpsc::Receiver<Incoming>,
    /// Questions for decided blocks.
    pub blocks: mpsc::Receiver<BlocksAsked>,
}

/// What becomes of a message. After five seconds a verdict comes too late for it to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right: others get it too.
    Accept,
    /// It is old, known, or cannot be judged: it goes no further, and nobody is to blame.
    Ignore,
    /// It is wrong, and whoever passed it on should have known.
    Reject,
}

/// A message that goes no further until the application says so. Dropping it ignores it.
#[derive(Debug)]
pub struct Incoming {
    pub topic: Topic,
    /// The peer that sent it to us.
    pub from: PeerId,
    /// The peer that wrote and signed it.
    pub origin: PeerId,
    pub bytes: Vec<u8>,
    pub(crate) judgement: Option<Judgement>,
    pub(crate) replies: mpsc::UnboundedSender<Reply>,
}

/// A message's place in the books; the permit is for its bytes, so that those that wait anywhere are bounded.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub from: PeerId,
    pub id: MessageId,
    pub permit: OwnedSemaphorePermit,
}

impl Incoming {
    pub fn judge(mut self, verdict: Verdict) {
        self.settle(verdict);
    }

    fn settle(&mut self, verdict: Verdict) {
        if let Some(judgement) = self.judgement.take() {
            let _ = self.replies.send(Reply::Judged(judgement, verdict));
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.settle(Verdict::Ignore);
    }
}

/// A peer asks for blocks. Dropping the question turns it away.
#[derive(Debug)]
pub struct BlocksAsked {
    pub peer: PeerId,
    pub from: Height,
    /// The most blocks that the answer may have.
    pub count: usize,
    pub(crate) channel: Option<ResponseChannel<BlocksAnswer>>,
    pub(crate) replies: mpsc::UnboundedSender<Reply>,
}

impl BlocksAsked {
    pub(crate) fn new(
        peer: PeerId,
        ask: BlocksAsk,
        channel: ResponseChannel<BlocksAnswer>,
        replies: mpsc::UnboundedSender<Reply>,
    ) -> Self {
        let count = usize::from(ask.count).min(limits::PEER_BLOCKS_MAX);
        Self { peer, from: Height(ask.from), count, channel: Some(channel), replies }
    }

    /// Answers with encoded blocks in order, as many as fit, and the height that this node has reached.
    pub fn answer(mut self, tip: Height, blocks: impl IntoIterator<Item = Vec<u8>>) {
        let mut left = limits::PEER_BLOCKS_BYTES_MAX;
        let mut fitting = Vec::new();
        for block in blocks.into_iter().take(self.count) {
            if block.len() > limits::BLOCK_ITEM_BYTES_MAX || (block.len() > left && !fitting.is_empty()) {
                break;
            }
            left = left.saturating_sub(block.len());
            fitting.push(block);
        }
        self.settle(BlocksAnswer::Blocks { tip: tip.0, blocks: fitting });
    }

    fn settle(&mut self, answer: BlocksAnswer) {
        if let Some(channel) = self.channel.take() {
            let _ = self.replies.send(Reply::Blocks(channel, answer));
        }
    }
}

impl Drop for BlocksAsked {
    fn drop(&mut self) {
        self.settle(BlocksAnswer::Busy);
    }
}
