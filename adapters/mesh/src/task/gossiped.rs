//! Messages out and in: what comes in waits for the application, up to a number of bytes for each topic.

use super::Task;
use crate::figures::count;
use crate::gossip::ATTEMPT_BYTES;
use crate::inbox::{Incoming, Judgement, Verdict};
use crate::limits;
use crate::topic::Topic;
use libp2p::PeerId;
use libp2p::gossipsub::{self, Message, MessageAcceptance, MessageId, PublishError};

/// What a message costs its sender that the application calls wrong: a fifth of what leads to a ban.
const INVALID_FAULTS: u32 = limits::FAULTS_MAX / 5;

impl Task {
    pub(super) fn publish(&mut self, topic: Topic, bytes: Vec<u8>) {
        let mut result = self.send(topic, 0, &bytes);
        // A vote is said again for those who missed it; an action that went round once is known.
        if matches!(result, Err(PublishError::Duplicate)) && topic == Topic::Consensus {
            self.attempt = self.attempt.wrapping_add(1).max(1);
            result = self.send(topic, self.attempt, &bytes);
        }
        match result {
            Ok(_) | Err(PublishError::Duplicate) => count(&self.counters.published),
            Err(error) => {
                tracing::debug!(?topic, %error, "nobody heard a message");
                count(&self.counters.unheard);
            }
        }
    }

    fn send(&mut self, topic: Topic, attempt: u32, bytes: &[u8]) -> Result<MessageId, PublishError> {
        let data = [&attempt.to_le_bytes()[..], bytes].concat();
        let hash = self.names.topic(topic).hash();
        self.swarm.behaviour_mut().metered.gossip.publish(hash, data)
    }

    pub(super) fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                if !self.on_message(propagation_source, &message_id, message) {
                    self.report(&message_id, &propagation_source, MessageAcceptance::Ignore);
                }
            }
            gossipsub::Event::SlowPeer { failed_messages, .. } => {
                let lost = failed_messages.non_priority + failed_messages.priority;
                self.counters.slow.fetch_add(lost as u64, std::sync::atomic::Ordering::Relaxed);
            }
            gossipsub::Event::GossipsubNotSupported { .. }
            | gossipsub::Event::Subscribed { .. }
            | gossipsub::Event::Unsubscribed { .. } => {}
        }
    }

    /// Whether the message now waits for the application.
    fn on_message(&mut self, from: PeerId, id: &MessageId, mut message: Message) -> bool {
        let Some(topic) = self.names.of(&message.topic) else { return false };
        let Some(origin) = message.source else { return false };
        if !self.book.standing(&from).may_send(topic) {
            count(&self.counters.unbound);
            self.blame(&from, 1);
            return false;
        }
        let bytes = message.data.split_off(ATTEMPT_BYTES.min(message.data.len()));
        // The least that a message counts for, so that small ones are bounded in number.
        let cost = bytes.len().max(topic.unjudged_bytes_max() / limits::UNJUDGED_MAX);
        let room = self.queues.room[topic.index()].clone();
        let permit = u32::try_from(cost).ok().and_then(|cost| room.try_acquire_many_owned(cost).ok());
        let queue = &self.queues.topics[topic.index()];
        let (Some(permit), Ok(place)) = (permit, queue.try_reserve()) else {
            self.counters.dropped(topic);
            return false;
        };
        let judgement = Some(Judgement { from, id: id.clone(), permit });
        self.counters.received(topic);
        place.send(Incoming { topic, from, origin, bytes, judgement, replies: self.replies.clone() });
        true
    }

    pub(super) fn judged(&mut self, judgement: Judgement, verdict: Verdict) {
        let Judgement { from, id, permit } = judgement;
        match verdict {
            Verdict::Accept => self.report(&id, &from, MessageAcceptance::Accept),
            Verdict::Ignore => self.report(&id, &from, MessageAcceptance::Ignore),
            Verdict::Reject => {
                count(&self.counters.invalid);
                self.report(&id, &from, MessageAcceptance::Reject);
                self.blame(&from, INVALID_FAULTS);
            }
        }
        drop(permit);
    }

    /// A verdict that comes after gossip forgot the message changes nothing.
    fn report(&mut self, id: &MessageId, from: &PeerId, acceptance: MessageAcceptance) {
        let gossip = &mut self.swarm.behaviour_mut().metered.gossip;
        gossip.report_message_validation_result(id, from, acceptance);
    }
}
