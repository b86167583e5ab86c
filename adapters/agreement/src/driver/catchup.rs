//! How a node that is behind gets the blocks that others have decided: it asks one of them, and believes the
//! certificates, not the peer.

use super::blocks;
use super::shell::{Phase, Shell};
use super::{Output, Timer};
use crate::limits::PEERS_MAX;
use crate::message::{Reply, Request};
use agon_types::{Block, Certificate, Digest, Height, SessionKey};
use std::collections::{BTreeMap, VecDeque};

/// What this node knows of others' heights, and what it has fetched.
#[derive(Debug, Default)]
pub struct CatchUp {
    /// What peers say that they have decided; a hint, until they prove it.
    claims: BTreeMap<SessionKey, Height>,
    asked: Option<SessionKey>,
    fetched: VecDeque<(Block, Certificate)>,
    /// Who sent what was fetched.
    source: Option<SessionKey>,
    /// The certified block that the application executes now.
    proving: Option<Digest>,
}

impl Shell {
    /// The last height that is decided here.
    fn tip(&self) -> Height {
        let is_decided = self.phase == Phase::Keeping;
        if is_decided { self.height } else { Height(self.height.0.saturating_sub(1)) }
    }

    /// A peer has decided up to some height.
    pub fn hear_of(&mut self, peer: SessionKey, tip: Height) {
        let own = self.tip();
        if tip <= own || peer == self.key.session() {
            return;
        }
        let claims = &mut self.catchup.claims;
        if claims.len() >= PEERS_MAX && !claims.contains_key(&peer) {
            return;
        }
        let claim = claims.entry(peer).or_insert(tip);
        *claim = tip.max(*claim);
        let is_idle = self.catchup.asked.is_none() && self.catchup.fetched.is_empty();
        if !is_idle || self.phase == Phase::Off {
            return;
        }
        if tip > own.next() {
            self.ask();
        } else if !self.armed.contains(&Timer::Ask) {
            self.set(Timer::Ask, self.settings.timing.behind_ms);
        }
    }

    /// Asks whoever has decided most. Whoever was asked and is silent is not asked again before it says something.
    pub fn ask(&mut self) {
        if let Some(silent) = self.catchup.asked.take() {
            self.catchup.claims.remove(&silent);
        }
        let own = self.tip();
        self.catchup.claims.retain(|_, tip| *tip > own);
        let Some((peer, _)) = self.catchup.claims.iter().max_by_key(|(_, tip)| **tip) else { return };
        let peer = *peer;
        let bytes = Request { from: own.next() }.encode(&self.settings.network);
        self.catchup.asked = Some(peer);
        self.outputs.push(Output::Ask { peer, bytes });
        self.set(Timer::Ask, self.settings.timing.reply_ms);
    }

    pub fn asked(&mut self, number: u64, bytes: &[u8]) {
        match Request::decode(bytes, &self.settings.network) {
            Ok(Request { from }) => self.outputs.push(Output::Serve { number, from }),
            Err(_) => self.counts.malformed += 1,
        }
    }

    pub fn silent(&mut self, from: SessionKey) {
        if self.catchup.asked == Some(from) {
            self.cancel(Timer::Ask);
            self.ask();
        }
    }

    pub fn replied(&mut self, from: SessionKey, bytes: &[u8]) {
        if self.catchup.asked != Some(from) {
            return;
        }
        match Reply::decode(bytes, &self.settings.network) {
            // Some of it may be decided here by now; a peer that sends nothing else is not believed.
            Ok(reply) if reply.blocks.iter().any(|(block, _)| block.header.height > self.tip()) => {
                self.catchup.asked = None;
                self.cancel(Timer::Ask);
                self.catchup.fetched = reply.blocks.into();
                self.catchup.source = Some(from);
                self.prove();
            }
            Ok(_) => self.silent(from),
            Err(_) => {
                self.counts.malformed += 1;
                self.silent(from);
            }
        }
    }

    /// Has the application execute the next fetched block, if its certificate holds.
    pub fn prove(&mut self) {
        let is_open = matches!(self.phase, Phase::Waiting | Phase::Deciding);
        if !is_open || self.catchup.proving.is_some() {
            return;
        }
        let is_old = |(_, certificate): &(Block, Certificate)| certificate.height < self.height;
        while self.catchup.fetched.front().is_some_and(is_old) {
            self.catchup.fetched.pop_front();
        }
        let Some((block, certificate)) = self.catchup.fetched.front().cloned() else {
            if self.catchup.asked.is_none() && self.catchup.claims.values().any(|tip| *tip > self.tip()) {
                self.ask();
            }
            return;
        };
        if !self.is_proven(&block, &certificate) {
            self.counts.forged += 1;
            self.drop_fetched();
            self.ask();
            return;
        }
        self.catchup.proving = Some(certificate.block);
        self.outputs.push(Output::Check(Box::new(block)));
    }

    /// Forgets what was fetched, and does not believe its sender for a while.
    fn drop_fetched(&mut self) {
        self.catchup.fetched.clear();
        if let Some(source) = self.catchup.source.take() {
            self.catchup.claims.remove(&source);
        }
    }

    fn is_proven(&mut self, block: &Block, certificate: &Certificate) -> bool {
        let Some(voters) = self.voters.clone() else { return false };
        let header = &block.header;
        header.height == self.height
            && header.network == self.settings.network
            && certificate.height == self.height
            && certificate.block == header.digest()
            && blocks::is_whole(block)
            && self.weigh_commit(certificate, &voters).is_ok()
    }

    pub fn is_proving(&self, block: Digest) -> bool {
        self.catchup.proving == Some(block)
    }

    /// The application has executed a certified block; true if that decides the height.
    pub fn proved(&mut self, accepted: Result<(), String>) -> bool {
        self.catchup.proving = None;
        let Some((block, certificate)) = self.catchup.fetched.pop_front() else { return false };
        let is_open = matches!(self.phase, Phase::Waiting | Phase::Deciding);
        if !is_open || certificate.height != self.height {
            self.prove();
            return false;
        }
        if let Err(reason) = accepted {
            // More than two thirds have decided it, so it is this node that differs, by its clock or by its program.
            tracing::error!(height = %self.height, %reason, "a decided block is refused here");
            self.catchup.fetched.clear();
            self.set(Timer::Ask, self.settings.timing.reply_ms);
            return false;
        }
        self.cancel(Timer::Idle(self.height));
        self.cancel(Timer::Busy(self.height));
        self.decide(block, certificate);
        true
    }
}
