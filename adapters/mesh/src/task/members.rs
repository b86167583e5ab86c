//! Who the peers are: greetings with bindings, standings that follow from them, faults and bans.

use super::Task;
use crate::figures::count;
use crate::gossip;
use crate::limits;
use crate::peers::Standing;
use agon_types::Signed;
use agon_types::binding::{Binding, Refused};
use agon_types::peer::Greeting;
use libp2p::PeerId;
use libp2p::request_response::{Event, Message, OutboundFailure};
use std::io;
use std::time::{Duration, Instant};

/// A greeting that is no document, or a binding that is forged or another's.
const FORGED_FAULTS: u32 = limits::FAULTS_MAX + 1;

impl Task {
    pub(super) fn welcome(&mut self, peer: PeerId) {
        self.book.connect(peer, Instant::now());
        self.stand(&peer, Standing::Stranger);
        self.greet(&peer);
        self.refresh();
        self.show_peers();
    }

    fn greet(&mut self, peer: &PeerId) {
        let greeting = self.greeting();
        self.swarm.behaviour_mut().greetings.send_request(peer, Some(greeting));
    }

    fn greeting(&self) -> Greeting {
        Greeting { binding: self.binding.borrow().clone() }
    }

    pub(super) fn greet_all(&mut self) {
        self.binding.mark_unchanged();
        for peer in self.book.connected() {
            self.greet(&peer);
        }
    }

    pub(super) fn on_greeting(&mut self, event: Event<Option<Greeting>, Greeting>) {
        match event {
            Event::Message { peer, message, .. } => match message {
                Message::Request { request: None, .. } => self.malformed(&peer),
                Message::Request { request: Some(request), channel, .. } => {
                    if self.book.may_ask(&peer, Instant::now()) {
                        let greeting = self.greeting();
                        let _ = self.swarm.behaviour_mut().greetings.send_response(channel, greeting);
                        self.meet(peer, request);
                    } else {
                        self.over_rate(&peer);
                    }
                }
                Message::Response { response, .. } => self.meet(peer, response),
            },
            Event::OutboundFailure { peer, error, .. } => match error {
                OutboundFailure::UnsupportedProtocols => {
                    count(&self.counters.foreign);
                    self.ban(&peer, Duration::from_millis(limits::VALIDATOR_BAN_MS));
                }
                OutboundFailure::Timeout => self.cut(&peer),
                error => self.on_failed_answer(&peer, &error),
            },
            Event::InboundFailure { .. } | Event::ResponseSent { .. } => {}
        }
    }

    fn meet(&mut self, peer: PeerId, greeting: Greeting) {
        let Some(binding) = greeting.binding else { return };
        if let Err(refused) = self.bind(peer, binding) {
            count(&self.counters.refused_bindings);
            tracing::debug!(%peer, refused, "a binding does not count");
        }
        self.refresh();
    }

    /// An end that has passed may be a slow clock, and a newer binding elsewhere an honest move; all else is a lie.
    fn bind(&mut self, peer: PeerId, binding: Signed<Binding>) -> Result<(), String> {
        let checked = binding.check(&self.network, &peer.to_bytes(), self.clock.now());
        match checked {
            Ok(verified) => {
                self.book.bind(peer, &verified).map_err(|superseded| superseded.to_string())?;
                count(&self.counters.bound);
                Ok(())
            }
            Err(refused) => {
                if !matches!(refused, Refused::Expired(_)) {
                    self.blame(&peer, FORGED_FAULTS);
                }
                Err(refused.to_string())
            }
        }
    }

    /// Lets standings follow from bindings, validators and time.
    pub(super) fn refresh(&mut self) {
        let changed = self.book.refresh(self.clock.now());
        if changed.is_empty() {
            return;
        }
        for (peer, standing) in changed {
            self.stand(&peer, standing);
        }
        let validators = self.book.validator_peers();
        self.swarm.behaviour_mut().door.set_validators(validators);
        self.show_peers();
    }

    fn stand(&mut self, peer: &PeerId, standing: Standing) {
        let (score, rate) = match standing {
            Standing::Stranger => (gossip::STRANGER_SCORE, limits::STRANGER_FRAMES_PER_S_MAX),
            Standing::Bound => (gossip::BOUND_SCORE, limits::BOUND_FRAMES_PER_S_MAX),
            Standing::Validator => (gossip::VALIDATOR_SCORE, limits::VALIDATOR_FRAMES_PER_S_MAX),
        };
        let metered = &mut self.swarm.behaviour_mut().metered;
        metered.gossip.set_application_score(peer, score);
        metered.set_rate(peer, rate);
    }

    /// Bytes that are no document are the fault of whoever sent them; a stream that breaks is nobody's.
    pub(super) fn on_failed_answer(&mut self, peer: &PeerId, error: &OutboundFailure) {
        if matches!(error, OutboundFailure::Io(error) if error.kind() == io::ErrorKind::InvalidData) {
            self.malformed(peer);
        }
    }

    pub(super) fn malformed(&mut self, peer: &PeerId) {
        count(&self.counters.malformed);
        self.blame(peer, FORGED_FAULTS);
    }

    pub(super) fn over_rate(&mut self, peer: &PeerId) {
        count(&self.counters.flooded);
        self.blame(peer, 1);
    }

    pub(super) fn blame(&mut self, peer: &PeerId, faults: u32) {
        if self.book.blame(peer, faults, Instant::now()) {
            self.ban_as_it_stands(peer);
        }
    }

    /// Gossip scores what it alone sees: forged signatures, messages too large for their topic.
    pub(super) fn cut_low_scores(&mut self) {
        for peer in self.book.connected() {
            let score = self.swarm.behaviour().metered.gossip.peer_score(&peer);
            if score.is_some_and(|score| score <= gossip::CUT_SCORE) {
                count(&self.counters.malformed);
                self.ban_as_it_stands(&peer);
            }
        }
    }

    /// The votes of a validator are needed again soon.
    fn ban_as_it_stands(&mut self, peer: &PeerId) {
        let is_validator = self.book.standing(peer) == Standing::Validator;
        let ms = if is_validator { limits::VALIDATOR_BAN_MS } else { limits::BAN_MS };
        self.ban(peer, Duration::from_millis(ms));
    }

    fn ban(&mut self, peer: &PeerId, length: Duration) {
        let now = Instant::now();
        if self.swarm.behaviour().door.is_banned(peer, now) {
            return;
        }
        tracing::info!(%peer, seconds = length.as_secs(), "a peer is banned");
        count(&self.counters.banned);
        self.swarm.behaviour_mut().door.ban(*peer, length, now);
        self.cut(peer);
    }

    fn cut(&mut self, peer: &PeerId) {
        // It may be gone already.
        let _ = self.swarm.disconnect_peer_id(*peer);
    }
}
