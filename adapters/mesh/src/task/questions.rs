//! Questions for pieces of artifacts and for blocks, ours and those of peers.

use super::{AnsweringId, Kind, Reply, Task};
use crate::figures::count;
use crate::handle::AskError;
use crate::inbox::BlocksAsked;
use crate::peers::Standing;
use agon_types::peer::{BlocksAnswer, BlocksAsk, ChunkAnswer, ChunkAsk};
use libp2p::PeerId;
use libp2p::request_response::{Event, InboundRequestId, Message, OutboundFailure, ResponseChannel};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

impl Task {
    pub(super) fn on_chunk(&mut self, event: Event<Option<ChunkAsk>, ChunkAnswer>) {
        match event {
            Event::Message { peer, message, .. } => match message {
                Message::Request { request: None, .. } => self.malformed(&peer),
                Message::Request { request_id, request: Some(request), channel } => {
                    if !self.take_place(&peer, AnsweringId(Kind::Chunk, request_id)) {
                        self.turn_away_chunk(channel);
                    } else if let Err(error) = self.asked.try_send((request, channel)) {
                        let (_, channel) = error.into_inner();
                        self.turn_away_chunk(channel);
                    }
                }
                Message::Response { request_id, response } => {
                    if let Some(answer) = self.waiting.chunks.remove(&request_id) {
                        let _ = answer.send(Ok(response));
                    }
                }
            },
            Event::OutboundFailure { peer, request_id, error, .. } => {
                self.on_failed_answer(&peer, &error);
                if let Some(answer) = self.waiting.chunks.remove(&request_id) {
                    let _ = answer.send(Err(failed(&error)));
                }
            }
            Event::InboundFailure { request_id, .. } | Event::ResponseSent { request_id, .. } => {
                self.leave_place(Kind::Chunk, request_id);
            }
        }
    }

    pub(super) fn on_blocks(&mut self, event: Event<Option<BlocksAsk>, BlocksAnswer>) {
        match event {
            Event::Message { peer, message, .. } => match message {
                Message::Request { request: None, .. } => self.malformed(&peer),
                Message::Request { request_id, request: Some(request), channel } => {
                    if self.take_place(&peer, AnsweringId(Kind::Blocks, request_id)) {
                        let asked = BlocksAsked::new(peer, request, channel, self.replies.clone());
                        // What does not fit is dropped, and answers for itself that this node is busy.
                        let _ = self.queues.blocks.try_send(asked);
                    } else {
                        self.reply_blocks(channel, BlocksAnswer::Busy);
                    }
                }
                Message::Response { request_id, response } => {
                    if let Some(answer) = self.waiting.blocks.remove(&request_id) {
                        let _ = answer.send(Ok(response));
                    }
                }
            },
            Event::OutboundFailure { peer, request_id, error, .. } => {
                self.on_failed_answer(&peer, &error);
                if let Some(answer) = self.waiting.blocks.remove(&request_id) {
                    let _ = answer.send(Err(failed(&error)));
                }
            }
            Event::InboundFailure { request_id, .. } | Event::ResponseSent { request_id, .. } => {
                self.leave_place(Kind::Blocks, request_id);
            }
        }
    }

    pub(super) fn on_reply(&mut self, reply: Reply) {
        match reply {
            Reply::Judged(judgement, verdict) => self.judged(judgement, verdict),
            Reply::Chunk(channel, answer) => self.reply_chunk(channel, answer),
            Reply::Blocks(channel, answer) => self.reply_blocks(channel, answer),
        }
    }

    /// An asker that has gone in the meantime gets nothing.
    fn reply_chunk(&mut self, channel: ResponseChannel<ChunkAnswer>, answer: ChunkAnswer) {
        count(&self.counters.answered);
        let _ = self.swarm.behaviour_mut().chunks.send_response(channel, answer);
    }

    fn reply_blocks(&mut self, channel: ResponseChannel<BlocksAnswer>, answer: BlocksAnswer) {
        match answer {
            BlocksAnswer::Busy => count(&self.counters.turned_away),
            BlocksAnswer::Blocks { .. } => count(&self.counters.answered),
        }
        let _ = self.swarm.behaviour_mut().blocks.send_response(channel, answer);
    }

    fn turn_away_chunk(&mut self, channel: ResponseChannel<ChunkAnswer>) {
        count(&self.counters.turned_away);
        let _ = self.swarm.behaviour_mut().chunks.send_response(channel, ChunkAnswer::Busy);
    }

    /// A place for a question until its answer has arrived; strangers have none.
    fn take_place(&mut self, peer: &PeerId, id: AnsweringId) -> bool {
        if !self.book.may_ask(peer, Instant::now()) {
            self.over_rate(peer);
            return false;
        }
        let asks = &self.queues.asks;
        let places = match id.0 {
            Kind::Chunk => &asks.chunks,
            Kind::Blocks => &asks.blocks,
        };
        let place: &Arc<Semaphore> = match self.book.standing(peer) {
            Standing::Stranger => return false,
            Standing::Bound => &places[0],
            Standing::Validator => &places[1],
        };
        let permit = place.clone().try_acquire_owned();
        permit.is_ok_and(|permit| self.answering.insert(id, permit).is_none())
    }

    fn leave_place(&mut self, kind: Kind, id: InboundRequestId) {
        self.answering.remove(&AnsweringId(kind, id));
    }
}

fn failed(error: &OutboundFailure) -> AskError {
    AskError::Failed(error.to_string())
}
