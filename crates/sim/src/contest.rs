//! The contest as a node runs it: blocks from actions, and a state with its root from blocks.

use crate::signatures::Shared;
use agon_agreement::context::Voters;
use agon_agreement::signatures::{Part, Quorum, weigh};
use agon_proof::{Tree, Update};
use agon_protocol::{Begin, Input, Reason, State, Step, Writes, step};
use agon_types::block::PROTOCOL_VERSION;
use agon_types::{
    Action, Anchor, Block, Certificate, Digest, Genesis, Header, Height, SessionKey, Signed, TimeMs, codec,
    limits, signed, vote,
};
use std::sync::Arc;

/// What all nodes of a network know from the beginning.
#[derive(Debug)]
pub struct Terms {
    pub genesis: Genesis,
    /// Of every height.
    pub keys: Vec<(SessionKey, u64)>,
    pub voters: Voters,
    /// What the chain says; the first block brings it in.
    pub anchor: Anchor,
}

/// The state after the last kept block.
pub struct Contest {
    terms: Arc<Terms>,
    signatures: Shared,
    state: State,
    tree: Tree,
    pub height: Height,
    pub time_ms: TimeMs,
    digest: Digest,
    certificate: Option<Certificate>,
    prepared: Option<(Digest, Writes, Update)>,
}

/// An action that the rules do not admit.
pub type Refusal = (Digest, Reason);

impl Contest {
    pub fn new(terms: Arc<Terms>, signatures: Shared) -> Self {
        let state = State::new(&terms.genesis);
        let entries: Vec<_> = state.entries().map(|(k, v)| (codec::encode(k), codec::encode(v))).collect();
        let tree = Tree::from_entries(entries.iter().map(|(key, value)| (key.as_slice(), value.as_slice())));
        let (time_ms, digest) = (terms.genesis.time_ms, terms.genesis.digest());
        let (height, certificate, prepared) = (Height(0), None, None);
        Self { terms, signatures, state, tree, height, time_ms, digest, certificate, prepared }
    }

    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// Builds the next block; what the rules refuse is left out, and said.
    pub fn build(
        &mut self,
        proposer: SessionKey,
        now: TimeMs,
        actions: &[Signed<Action>],
    ) -> (Block, Vec<Refusal>) {
        let time_ms = now.max(self.time_ms.next());
        let anchor = (self.height == Height(0)).then(|| self.terms.anchor.clone());
        let (mut undo, mut writes) = (Vec::new(), Writes::default());
        let signers = signers(self.certificate.as_ref());
        let begin = Begin { height: self.height.next(), time_ms, anchor: anchor.clone(), signers };
        self.input(Input::Begin(begin), &mut undo, &mut writes).expect("a later block always begins");
        let (mut taken, mut refusals) = (Vec::new(), Vec::new());
        for action in actions {
            let Ok(verified) = self.signatures.action(&self.terms.genesis.network, action) else { continue };
            match self.input(Input::Action(&verified), &mut undo, &mut writes) {
                Ok(()) => taken.push(action.clone()),
                Err(reason) => refusals.push((action.digest(), reason)),
            }
        }
        self.take_back(undo);
        let header = self.prepare((time_ms, proposer), (anchor.as_ref(), &taken), writes, None);
        let last_certificate = self.certificate.clone();
        (Block { header, anchor, actions: taken, last_certificate }, refusals)
    }

    /// Executes a proposal and compares all that its header claims.
    pub fn check(&mut self, block: &Block, now: TimeMs) -> Result<(), String> {
        let header = &block.header;
        if self.prepared.as_ref().is_some_and(|(known, ..)| *known == header.digest()) {
            return Ok(());
        }
        if header.height != self.height.next() {
            return Err(format!("it is for height {}, after {}", header.height, self.height));
        }
        if header.time_ms > now.plus(limits::HEADER_AHEAD_MS_MAX) {
            return Err("its time is too far ahead".to_owned());
        }
        self.check_certificate(block.last_certificate.as_ref())?;
        let (mut undo, mut writes) = (Vec::new(), Writes::default());
        let done = self.inputs(block, &mut undo, &mut writes);
        self.take_back(undo);
        done?;
        let body = (block.anchor.as_ref(), block.actions.as_slice());
        let certificate = Some(block.last_certificate.as_ref());
        let expected = self.prepare((header.time_ms, header.proposer), body, writes, certificate);
        if *header == expected {
            return Ok(());
        }
        self.prepared = None;
        Err("its header is not what was computed".to_owned())
    }

    /// Makes a decided block the head; nothing has changed if it is refused.
    pub fn advance(&mut self, block: &Block, certificate: Certificate) -> Result<(), String> {
        // A decided block is executed whatever the clock says.
        self.check(block, block.header.time_ms)?;
        let (digest, writes, update) = self.prepared.take().ok_or("it was not executed")?;
        self.state.apply(writes);
        self.tree.apply(update).map_err(|error| error.to_string())?;
        (self.height, self.time_ms) = (block.header.height, block.header.time_ms);
        (self.digest, self.certificate) = (digest, Some(certificate));
        Ok(())
    }

    /// What a crash takes away.
    pub fn crash(&mut self) {
        self.prepared = None;
    }

    fn inputs(&mut self, block: &Block, undo: &mut Vec<Writes>, writes: &mut Writes) -> Result<(), String> {
        let header = &block.header;
        let (height, time_ms, anchor) = (header.height, header.time_ms, block.anchor.clone());
        let expected = (self.height == Height(0)).then_some(&self.terms.anchor);
        if anchor.as_ref() != expected {
            return Err("the chain says something else".to_owned());
        }
        let signers = signers(block.last_certificate.as_ref());
        let begin = Input::Begin(Begin { height, time_ms, anchor, signers });
        self.input(begin, undo, writes).map_err(|reason| reason.to_string())?;
        for action in &block.actions {
            let verified = self.signatures.action(&self.terms.genesis.network, action);
            let verified = verified.map_err(|error| error.to_string())?;
            self.input(Input::Action(&verified), undo, writes).map_err(|reason| reason.to_string())?;
        }
        Ok(())
    }

    fn input(&mut self, input: Input<'_>, undo: &mut Vec<Writes>, writes: &mut Writes) -> Result<(), Reason> {
        match step(&self.state, input) {
            Step::Refused(reason) => Err(reason),
            Step::Done { writes: change, .. } => {
                writes.0.extend(change.0.clone());
                undo.push(self.state.apply(change));
                Ok(())
            }
        }
    }

    fn take_back(&mut self, mut undo: Vec<Writes>) {
        while let Some(change) = undo.pop() {
            self.state.apply(change);
        }
    }

    /// The header after these writes, which are kept for the decision. Without a certificate of its own, a block
    /// carries that of this node.
    fn prepare(
        &mut self,
        (time_ms, proposer): (TimeMs, SessionKey),
        (anchor, actions): (Option<&Anchor>, &[Signed<Action>]),
        writes: Writes,
        certificate: Option<Option<&Certificate>>,
    ) -> Header {
        let encoded =
            writes.0.iter().map(|(key, value)| (codec::encode(key), value.as_ref().map(codec::encode)));
        let update = self.tree.prepare(encoded);
        let voters = Block::voters_digest(&self.terms.keys);
        let certificate = certificate.unwrap_or(self.certificate.as_ref());
        let header = Header {
            protocol_version: PROTOCOL_VERSION,
            network: self.terms.genesis.network.clone(),
            height: self.height.next(),
            time_ms,
            proposer,
            parent: self.digest,
            actions_root: Block::actions_root(anchor, actions),
            state_root: update.root(),
            voters,
            next_voters: voters,
            last_certificate: Block::certificate_digest(certificate),
        };
        self.prepared = Some((header.digest(), writes, update));
        header
    }

    /// Any certificate of the block before will do: each voter has seen another part of the votes.
    fn check_certificate(&self, certificate: Option<&Certificate>) -> Result<(), String> {
        match certificate {
            None if self.height == Height(0) => Ok(()),
            Some(certificate) if certificate.height == self.height && certificate.block == self.digest => {
                verify(&self.terms, &self.signatures, certificate)
            }
            _ => Err("it does not carry a certificate of the block before".to_owned()),
        }
    }
}

fn signers(certificate: Option<&Certificate>) -> Vec<SessionKey> {
    certificate.iter().flat_map(|certificate| &certificate.signatures).map(|(key, _)| *key).collect()
}

/// Checks the certificate of a decision: every signature, and the power behind them.
pub fn verify(terms: &Terms, signatures: &Shared, certificate: &Certificate) -> Result<(), String> {
    let (height, round) = (certificate.height, certificate.round);
    let precommit = vote::Precommit { height, round, block: Some(certificate.block) };
    let bytes = signed::signing_bytes(&terms.genesis.network, &precommit);
    let part = |(key, signature): &(_, _)| Part { key: *key, bytes: bytes.clone(), signature: *signature };
    let parts = certificate.signatures.iter().map(part);
    let weighed = weigh(&mut signatures.clone(), &terms.voters, parts, Quorum::Decisive);
    weighed.map_err(|unproven| unproven.to_string())
}
