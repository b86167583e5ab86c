//! How a block comes from inputs, and a state from a block.

use agon_port::order::Refused;
use agon_proof::{Inclusion, Tree, Update};
use agon_protocol::{Begin, Input, Key, Reason, State, Value, View, Writes, voters};
use agon_types::block::PROTOCOL_VERSION;
use agon_types::event::Event;
use agon_types::{
    Action, Anchor, Block, Certificate, ChainBlock, Digest, Genesis, Header, Height, SessionKey, Signed,
    TimeMs, Verified, Voters, codec, limits,
};
use std::sync::{Arc, PoisonError, RwLock};

mod run;
#[cfg(test)]
pub(crate) mod tests;

use run::{Done, Run};

/// Bytes of a block beside its anchor, certificate and actions: the header and some room.
const BLOCK_OVERHEAD_BYTES: usize = 4096;

/// The head of the ledger with the state that it gives.
pub struct Machine {
    genesis: Genesis,
    state: Arc<RwLock<State>>,
    tree: Tree,
    head: Head,
    /// The block that was executed last, so that deciding it is cheap.
    prepared: Option<Prepared>,
}

/// The last decided block.
#[derive(Clone, Debug)]
pub struct Head {
    pub height: Height,
    pub time_ms: TimeMs,
    pub digest: Digest,
    pub certificate: Option<Certificate>,
}

/// Who decides a height, with their power.
type Keys = Vec<(SessionKey, u64)>;

/// What a header pins beside the state.
struct Body<'a> {
    anchor: Option<&'a Anchor>,
    actions: &'a [Signed<Action>],
    certificate: Option<&'a Certificate>,
}

/// What a block does, before it is decided.
struct Prepared {
    header: Digest,
    writes: Writes,
    effects: Vec<Event>,
    update: Update,
}

/// What a decided block did.
pub struct Executed {
    /// Encoded, for the ledger.
    pub writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub effects: Vec<Event>,
    change: Writes,
    update: Update,
}

/// What goes into a new block.
pub struct Draft {
    pub time_ms: TimeMs,
    pub proposer: SessionKey,
    pub anchor: Option<Anchor>,
    pub actions: Vec<Verified<Action>>,
    pub bytes_max: usize,
}

/// An action that did not get into a block, by its digest.
pub type Refusal = (Digest, Reason);

impl Machine {
    /// The machine before the first block.
    pub fn new(genesis: &Genesis) -> Self {
        let head =
            Head { height: Height(0), time_ms: genesis.time_ms, digest: genesis.digest(), certificate: None };
        Self::at(genesis, State::new(genesis), head)
    }

    /// The machine at a decided block.
    pub fn at(genesis: &Genesis, state: State, head: Head) -> Self {
        let entries: Vec<_> = state.entries().map(|(k, v)| (codec::encode(k), codec::encode(v))).collect();
        let tree = Tree::from_entries(entries.iter().map(|(key, value)| (key.as_slice(), value.as_slice())));
        Self { genesis: genesis.clone(), state: Arc::new(RwLock::new(state)), tree, head, prepared: None }
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// Shows what the state has under an encoded key, or that it has nothing.
    pub fn prove(&self, key: &[u8]) -> Inclusion {
        self.tree.prove(key)
    }

    /// The chain block of the last anchor.
    pub fn anchored(&self) -> Option<ChainBlock> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).now().and_then(|now| now.anchor)
    }

    pub fn state(&self) -> Arc<RwLock<State>> {
        Arc::clone(&self.state)
    }

    /// Who decides a height: known from the first one to the one after the head. (S8.2)
    pub fn voters(&self, height: Height) -> Option<Keys> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        voters::at(&*state, height).map(Voters::keys)
    }

    /// Builds the next block from all actions that the rules admit.
    pub fn build(&mut self, draft: Draft) -> (Block, Vec<Refusal>) {
        let height = self.head.height.next();
        let last_certificate = self.head.certificate.clone();
        let signers = signers(last_certificate.as_ref());
        let mut run = Run::new(&self.state);
        let (time_ms, anchor) = (draft.time_ms, draft.anchor.clone());
        let begin = Begin { height, time_ms, anchor, signers: signers.clone() };
        let anchor = match run.input(Input::Begin(begin)) {
            Ok(()) => draft.anchor,
            Err(reason) => {
                // The facts are not admitted, so the height goes on without them.
                tracing::warn!(code = reason.code(), "anchor left out: {reason}");
                let begin = Begin { height, time_ms, anchor: None, signers };
                run.input(Input::Begin(begin)).expect("a height without an anchor always begins");
                None
            }
        };
        let taken = codec::encode(&anchor).len() + codec::encode(&last_certificate).len();
        let mut left = draft.bytes_max.saturating_sub(BLOCK_OVERHEAD_BYTES + taken);
        let (mut actions, mut refusals) = (Vec::new(), Vec::new());
        for action in draft.actions {
            let size = codec::encode(action.signed()).len();
            if size > left {
                continue;
            }
            match run.input(Input::Action(&action)) {
                Ok(()) => {
                    left -= size;
                    actions.push(action.into_signed());
                }
                Err(reason) => refusals.push((action.signed().digest(), reason)),
            }
        }
        let done = run.finish(height);
        let body =
            Body { anchor: anchor.as_ref(), actions: &actions, certificate: last_certificate.as_ref() };
        let header = self.prepare((time_ms, draft.proposer), &body, done);
        (Block { header, anchor, actions, last_certificate }, refusals)
    }

    /// The header that this body must have after what it did, which is kept for the decision.
    fn prepare(&mut self, (time_ms, proposer): (TimeMs, SessionKey), body: &Body<'_>, done: Done) -> Header {
        let writes = done.writes.0.iter();
        let encoded = writes.map(|(key, value)| (codec::encode(key), value.as_ref().map(codec::encode)));
        let update = self.tree.prepare(encoded);
        let header = Header {
            protocol_version: PROTOCOL_VERSION,
            network: self.genesis.network.clone(),
            height: self.head.height.next(),
            time_ms,
            proposer,
            parent: self.head.digest,
            actions_root: Block::actions_root(body.anchor, body.actions),
            state_root: update.root(),
            voters: Block::voters_digest(&done.voters),
            next_voters: Block::voters_digest(&done.next_voters),
            last_certificate: Block::certificate_digest(body.certificate),
        };
        let Done { writes, effects, .. } = done;
        self.prepared = Some(Prepared { header: header.digest(), writes, effects, update });
        header
    }

    /// Any certificate that proves the block before will do: each voter may have seen another part of the votes. (S8.7)
    fn check_certificate(&self, certificate: Option<&Certificate>) -> Result<(), Refused> {
        let Some(certificate) = certificate.filter(|_| self.head.height > Height(0)) else {
            let first = certificate.is_none() && self.head.height == Height(0);
            let refused = || Refused("it has no certificate of the block before".to_owned());
            return first.then_some(()).ok_or_else(refused);
        };
        // The node's own was checked before it was kept.
        if self.head.certificate.as_ref() == Some(certificate) {
            return Ok(());
        }
        if (certificate.height, certificate.block) != (self.head.height, self.head.digest) {
            return Err(Refused("its certificate is for another block than the one before".to_owned()));
        }
        let voters = self.voters(self.head.height).unwrap_or_default();
        let verified = certificate.verify(&self.genesis.network, &voters);
        verified.map_err(|invalid| Refused(format!("its certificate proves nothing: {invalid}")))
    }

    /// Executes a proposal and compares everything that its header claims.
    pub fn check(&mut self, block: &Block, now: TimeMs) -> Result<Digest, Refused> {
        let header = &block.header;
        let certificate = block.last_certificate.as_ref();
        let known = self.prepared.as_ref().is_some_and(|prepared| prepared.header == header.digest());
        // The header pins the body, and only a body that it pins was executed.
        let whole = Block::actions_root(block.anchor.as_ref(), &block.actions) == header.actions_root
            && Block::certificate_digest(certificate) == header.last_certificate;
        if known && whole {
            return Ok(header.state_root);
        }
        if header.time_ms > now.plus(limits::HEADER_AHEAD_MS_MAX) {
            return Err(Refused(format!("its time {} is too far ahead of {now}", header.time_ms)));
        }
        self.check_certificate(certificate)?;
        let done = self.run(block)?;
        // What was prepared before is prepared no more, so a header that differs leaves nothing behind.
        self.prepared = None;
        let body = Body { anchor: block.anchor.as_ref(), actions: &block.actions, certificate };
        let expected = self.prepare((header.time_ms, header.proposer), &body, done);
        if *header != expected {
            self.prepared = None;
            return Err(Refused(format!("its header is {header:?}, and {expected:?} was computed")));
        }
        Ok(expected.state_root)
    }

    /// Executes the inputs of a block whose certificate was checked.
    fn run(&self, block: &Block) -> Result<Done, Refused> {
        let header = &block.header;
        let (height, time_ms, anchor) = (header.height, header.time_ms, block.anchor.clone());
        let signers = signers(block.last_certificate.as_ref());
        let mut run = Run::new(&self.state);
        let begin = Begin { height, time_ms, anchor, signers };
        run.input(Input::Begin(begin)).map_err(|reason| Refused(reason.to_string()))?;
        for action in &block.actions {
            let refused = |problem: String| Refused(format!("action {}: {problem}", action.digest()));
            let verified =
                action.clone().verify(&self.genesis.network).map_err(|e| refused(e.to_string()))?;
            run.input(Input::Action(&verified)).map_err(|reason| refused(reason.to_string()))?;
        }
        Ok(run.finish(height))
    }

    /// What a decided block does. Nothing has changed yet: the ledger comes first.
    pub fn execute(&mut self, block: &Block, now: TimeMs) -> Result<Executed, Refused> {
        self.check(block, now)?;
        let Prepared { writes: change, effects, update, .. } =
            self.prepared.take().expect("a block that was checked is prepared");
        let mut writes: Vec<_> = Vec::new();
        if block.header.height == Height(1) {
            // What genesis gave is kept with the first block.
            let state = State::new(&self.genesis);
            let first = state.entries().filter(|(key, _)| !change.0.contains_key(key));
            writes.extend(first.map(|(key, value)| (codec::encode(key), Some(codec::encode(value)))));
        }
        let encoded =
            |(key, value): (&Key, &Option<Value>)| (codec::encode(key), value.as_ref().map(codec::encode));
        writes.extend(change.0.iter().map(encoded));
        Ok(Executed { writes, effects, change, update })
    }

    /// Makes an executed block the head.
    pub fn advance(&mut self, block: &Block, certificate: Certificate, executed: Executed) -> Vec<Event> {
        self.state.write().unwrap_or_else(PoisonError::into_inner).apply(executed.change);
        self.tree.apply(executed.update).expect("the update was prepared on this very tree");
        self.head = Head {
            height: block.header.height,
            time_ms: block.header.time_ms,
            digest: block.header.digest(),
            certificate: Some(certificate),
        };
        executed.effects
    }
}

fn signers(certificate: Option<&Certificate>) -> Vec<SessionKey> {
    let signatures = certificate.map(|certificate| certificate.signatures.as_slice()).unwrap_or_default();
    signatures.iter().map(|(key, _)| *key).collect()
}
