//! A small application: it counts actions, and refuses what does not follow from what it has kept.

use agon_types::block::PROTOCOL_VERSION;
use agon_types::{
    Action, Anchor, Block, Certificate, Digest, Header, Height, NetworkId, SessionKey, SessionPair,
};
use agon_types::{Signed, TimeMs};

pub fn network() -> NetworkId {
    "test".parse().unwrap()
}

pub fn pair(index: usize) -> SessionPair {
    SessionPair::from_seed(&[u8::try_from(index).unwrap() + 1; 32])
}

/// So many voters with equal power.
pub fn equals(count: usize) -> Vec<(SessionKey, u64)> {
    (0..count).map(|index| (pair(index).session(), 1)).collect()
}

#[derive(Clone, Debug)]
pub struct Book {
    pub me: SessionKey,
    pub voters: Vec<(SessionKey, u64)>,
    /// Who votes from some height on.
    pub others: Option<(Height, Vec<(SessionKey, u64)>)>,
    pub kept: Vec<(Block, Certificate)>,
    pub pool: Vec<Signed<Action>>,
}

impl Book {
    pub fn new(me: SessionKey, voters: Vec<(SessionKey, u64)>) -> Self {
        Self { me, voters, others: None, kept: Vec::new(), pool: Vec::new() }
    }

    pub fn tip(&self) -> Height {
        Height(self.kept.len() as u64)
    }

    pub fn voters_at(&self, height: Height) -> Vec<(SessionKey, u64)> {
        let others = self.others.as_ref().filter(|(from, _)| height >= *from);
        others.map_or(&self.voters, |(_, others)| others).clone()
    }

    pub fn build(&self) -> Block {
        let actions = self.pool.clone();
        self.block(self.me, actions, 0)
    }

    /// A block that may follow; the time makes it another one.
    pub fn block(&self, proposer: SessionKey, actions: Vec<Signed<Action>>, later_ms: u64) -> Block {
        let last = self.kept.last().map(|(_, certificate)| certificate.clone());
        let time_ms = TimeMs(self.tip().next().0 * 1_000 + later_ms);
        let header = self.header(proposer, time_ms, &actions, last.as_ref());
        Block { header, anchor: None, actions, last_certificate: last }
    }

    fn header(
        &self,
        proposer: SessionKey,
        time_ms: TimeMs,
        actions: &[Signed<Action>],
        last: Option<&Certificate>,
    ) -> Header {
        let executed: usize = self.kept.iter().map(|(block, _)| block.actions.len()).sum();
        let next = self.tip().next();
        let voters = |height| Block::voters_digest(&self.voters_at(height));
        Header {
            protocol_version: PROTOCOL_VERSION,
            network: network(),
            height: self.tip().next(),
            time_ms,
            proposer,
            parent: self.kept.last().map_or(Digest::ZERO, |(block, _)| block.header.digest()),
            actions_root: Block::actions_root(None::<&Anchor>, actions),
            state_root: Digest::tagged("agon/count", &((executed + actions.len()) as u64)),
            voters: voters(next),
            next_voters: voters(next.next()),
            last_certificate: Block::certificate_digest(last),
        }
    }

    pub fn check(&self, block: &Block) -> Result<(), String> {
        let header = &block.header;
        let last = block.last_certificate.as_ref();
        let expected = self.header(header.proposer, header.time_ms, &block.actions, last);
        if *header != expected {
            return Err(format!("block {} does not follow", header.height));
        }
        let (Some(last), Some((parent, _))) = (last, self.kept.last()) else {
            return if last.is_none() && self.kept.is_empty() { Ok(()) } else { Err("no parent".to_owned()) };
        };
        let is_of_parent = last.block == parent.header.digest();
        let verified =
            last.verify(&network(), &self.voters_at(last.height)).map_err(|invalid| invalid.to_string());
        verified.and_then(|()| is_of_parent.then_some(()).ok_or("another parent".to_owned()))
    }

    pub fn keep(&mut self, block: Block, certificate: Certificate) {
        assert_eq!(self.check(&block), Ok(()), "what is decided is right");
        assert_eq!((certificate.height, certificate.block), (block.header.height, block.header.digest()));
        let voters = self.voters_at(certificate.height);
        assert_eq!(certificate.verify(&network(), &voters), Ok(()), "more than two thirds decided it");
        self.pool.retain(|action| !block.actions.contains(action));
        self.kept.push((block, certificate));
    }
}
