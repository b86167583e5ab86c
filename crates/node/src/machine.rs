//! How a block comes from inputs, and a state from a block.

use agon_port::order::Refused;
use agon_proof::{Inclusion, Tree, Update};
use agon_protocol::{Begin, Input, Key, Reason, State, Step, Value, View, Writes, step};
use agon_types::block::PROTOCOL_VERSION;
use agon_types::event::Event;
use agon_types::{
    Action, Anchor, Block, Certificate, ChainBlock, Digest, Genesis, Header, Height, SessionKey, Signed,
    TimeMs, Verified, codec, limits,
};
use std::sync::{Arc, PoisonError, RwLock};

/// Bytes of a block beside its actions: header, certificate and some room.
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

    pub fn voters(&self) -> Vec<(SessionKey, u64)> {
        self.genesis.first_voters()
    }

    /// Builds the next block from all actions that the rules admit.
    pub fn build(&mut self, draft: Draft) -> (Block, Vec<Refusal>) {
        let height = self.head.height.next();
        let mut run = Run::new(&self.state);
        let begin = Begin { height, time_ms: draft.time_ms, anchor: draft.anchor.clone() };
        let anchor = match run.input(Input::Begin(begin)) {
            Ok(()) => draft.anchor,
            Err(reason) => {
                // The facts are not admitted, so the height goes on without them.
                tracing::warn!(code = reason.code(), "anchor left out: {reason}");
                let begin = Begin { height, time_ms: draft.time_ms, anchor: None };
                run.input(Input::Begin(begin)).expect("a height without an anchor always begins");
                None
            }
        };
        let mut left = draft.bytes_max.saturating_sub(BLOCK_OVERHEAD_BYTES + codec::encode(&anchor).len());
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
        let (writes, effects) = run.finish();
        let update = self.prepare(&writes);
        let last_certificate = self.head.certificate.clone();
        let header = self.header((draft.time_ms, draft.proposer), (anchor.as_ref(), &actions), update.root());
        self.prepared = Some(Prepared { header: header.digest(), writes, effects, update });
        (Block { header, anchor, actions, last_certificate }, refusals)
    }

    fn header(
        &self,
        (time_ms, proposer): (TimeMs, SessionKey),
        (anchor, actions): (Option<&Anchor>, &[Signed<Action>]),
        state_root: Digest,
    ) -> Header {
        let voters = Block::voters_digest(&self.voters());
        Header {
            protocol_version: PROTOCOL_VERSION,
            network: self.genesis.network.clone(),
            height: self.head.height.next(),
            time_ms,
            proposer,
            parent: self.head.digest,
            actions_root: Block::actions_root(anchor, actions),
            state_root,
            voters,
            next_voters: voters,
            last_certificate: Block::certificate_digest(self.head.certificate.as_ref()),
        }
    }

    fn prepare(&self, writes: &Writes) -> Update {
        let encoded =
            writes.0.iter().map(|(key, value)| (codec::encode(key), value.as_ref().map(codec::encode)));
        self.tree.prepare(encoded)
    }

    /// Executes a proposal and compares everything that its header claims.
    pub fn check(&mut self, block: &Block, now: TimeMs) -> Result<Digest, Refused> {
        let header = &block.header;
        let known = self.prepared.as_ref().is_some_and(|prepared| prepared.header == header.digest());
        // The header pins the body, and only a body that it pins was executed.
        let whole = Block::actions_root(block.anchor.as_ref(), &block.actions) == header.actions_root
            && block.last_certificate == self.head.certificate;
        if known && whole {
            return Ok(header.state_root);
        }
        if header.time_ms > now.plus(limits::HEADER_AHEAD_MS_MAX) {
            return Err(Refused(format!("its time {} is too far ahead of {now}", header.time_ms)));
        }
        if block.last_certificate != self.head.certificate {
            return Err(Refused("it does not carry the certificate of the block before".to_owned()));
        }
        let mut run = Run::new(&self.state);
        let begin = Begin { height: header.height, time_ms: header.time_ms, anchor: block.anchor.clone() };
        run.input(Input::Begin(begin)).map_err(|reason| Refused(reason.to_string()))?;
        for action in &block.actions {
            let refused = |problem: String| Refused(format!("action {}: {problem}", action.digest()));
            let verified =
                action.clone().verify(&self.genesis.network).map_err(|e| refused(e.to_string()))?;
            run.input(Input::Action(&verified)).map_err(|reason| refused(reason.to_string()))?;
        }
        let (writes, effects) = run.finish();
        let update = self.prepare(&writes);
        let time_and_proposer = (header.time_ms, header.proposer);
        let expected = self.header(time_and_proposer, (block.anchor.as_ref(), &block.actions), update.root());
        if *header != expected {
            return Err(Refused(format!("its header is {header:?}, and {expected:?} was computed")));
        }
        self.prepared = Some(Prepared { header: header.digest(), writes, effects, update });
        Ok(expected.state_root)
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

/// Inputs tried on the real state, one after the other, and all taken back at the end.
struct Run<'a> {
    state: std::sync::RwLockWriteGuard<'a, State>,
    undo: Vec<Writes>,
    writes: Writes,
    effects: Vec<Event>,
}

impl<'a> Run<'a> {
    fn new(state: &'a RwLock<State>) -> Self {
        let state = state.write().unwrap_or_else(PoisonError::into_inner);
        Self { state, undo: Vec::new(), writes: Writes::default(), effects: Vec::new() }
    }

    fn input(&mut self, input: Input<'_>) -> Result<(), Reason> {
        match step(&self.state, input) {
            Step::Refused(reason) => Err(reason),
            Step::Done { writes, effects } => {
                self.writes.0.extend(writes.0.clone());
                self.undo.push(self.state.apply(writes));
                self.effects.extend(effects);
                Ok(())
            }
        }
    }

    fn finish(mut self) -> (Writes, Vec<Event>) {
        while let Some(undo) = self.undo.pop() {
            self.state.apply(undo);
        }
        (std::mem::take(&mut self.writes), std::mem::take(&mut self.effects))
    }
}
