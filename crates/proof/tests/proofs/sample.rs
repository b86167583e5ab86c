//! A ledger in few lines: voters that decide headers and hand over to others, over a state with one score.

use agon_proof::{Claim, Handover, Proof, Tree, entry};
use agon_types::block::PROTOCOL_VERSION;
use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::key::SigningKey as _;
use agon_types::signed::signing_bytes;
use agon_types::vote::Precommit;
use agon_types::{
    Agreed, Block, Certificate, ChainBlock, Digest, Epoch, Genesis, Header, Height, Hotkey, Outcome, Score,
    SessionKey, SessionPair, SubmissionId, TimeMs,
};
use std::ops::Range;

/// Keys with their power.
pub type Set = Vec<(SessionPair, u64)>;

/// The session key of a number.
pub fn pair(n: u16) -> SessionPair {
    let mut seed = [7; 32];
    seed[..2].copy_from_slice(&n.to_le_bytes());
    SessionPair::from_seed(&seed)
}

/// Voters of equal power.
pub fn equal(keys: Range<u16>) -> Set {
    keys.map(|n| (pair(n), 10)).collect()
}

pub fn public(set: &Set) -> Vec<(SessionKey, u64)> {
    set.iter().map(|(pair, power)| (pair.session(), *power)).collect()
}

/// A network that one key begins.
pub fn genesis() -> Genesis {
    let window = Window { heights: 1, ms: 1 };
    Genesis {
        network: "test".parse().unwrap(),
        time_ms: TimeMs(1),
        owner: Owner { threshold: 1, keys: vec![Hotkey([1; 32])] },
        voters: agon_types::Voters::One(pair(0).session()),
        burn: Hotkey([2; 32]),
        chain_start: ChainBlock(1),
        parameters: Parameters {
            epoch_blocks: 10,
            commit_window: window,
            reveal_window: window,
            power_cap: Score::ONE,
            absences_max: 3,
            missed_max: 1_000,
        },
    }
}

/// A certificate of these signers, whoever they are.
pub fn certificate(header: &Header, round: u32, signers: &[&SessionPair]) -> Certificate {
    let (height, block) = (header.height, header.digest());
    let bytes = signing_bytes(&header.network, &Precommit { height, round, block: Some(block) });
    let signatures = signers.iter().map(|pair| (pair.session(), pair.sign(&bytes))).collect();
    Certificate { height, round, block, signatures }
}

pub fn claim() -> Claim {
    let submission = SubmissionId(Digest::of(b"submission"));
    Claim { challenge: "route".parse().unwrap(), version: 2, epoch: Epoch(5), submission }
}

pub fn agreed() -> Agreed {
    let score = Score::new(123_456_789).unwrap();
    let outcome = Outcome::Scored(Vec::new());
    Agreed { score, outcome, weight: 3, assigned_weight: 4, outliers: 1, height: Height(3) }
}

/// A ledger whose voters are about to decide the next header.
pub struct Ledger {
    pub genesis: Genesis,
    pub voters: Set,
    handovers: Vec<Handover>,
    height: Height,
}

impl Ledger {
    pub fn new() -> Self {
        let genesis = genesis();
        Self { voters: vec![(pair(0), 1)], genesis, handovers: Vec::new(), height: Height(0) }
    }

    /// A ledger on which each of these sets has followed the one before.
    pub fn with(sets: impl IntoIterator<Item = Set>) -> Self {
        let mut ledger = Self::new();
        sets.into_iter().for_each(|set| ledger.hand_over(set));
        ledger
    }

    /// The next header, some heights on.
    pub fn header(&mut self, state_root: Digest, next: &Set) -> Header {
        self.height = Height(self.height.0 + 7);
        let (voters, next) = (public(&self.voters), public(next));
        Header {
            protocol_version: PROTOCOL_VERSION,
            network: self.genesis.network.clone(),
            height: self.height,
            time_ms: TimeMs(self.height.0 * 1000),
            proposer: voters[0].0,
            parent: Digest::of(b"parent"),
            actions_root: Digest::of(b"actions"),
            state_root,
            voters: Block::voters_digest(&voters),
            next_voters: Block::voters_digest(&next),
            last_certificate: Digest::of(b"certificate"),
        }
    }

    /// The certificate of all voters.
    pub fn decide(&self, header: &Header) -> Certificate {
        let signers: Vec<&SessionPair> = self.voters.iter().map(|(pair, _)| pair).collect();
        certificate(header, 0, &signers)
    }

    pub fn hand_over(&mut self, next: Set) {
        let header = self.header(Digest::of(b"another state"), &next);
        let certificate = self.decide(&header);
        self.handovers.push(Handover { header, certificate, next: public(&next) });
        self.voters = next;
    }

    /// The proof of the score at the next height, in a state of so many other entries.
    pub fn prove(mut self, others: u32) -> Proof {
        let tree = state(others);
        let voters = self.voters.clone();
        let header = self.header(tree.root(), &voters);
        let certificate = self.decide(&header);
        let inclusion = tree.prove(&claim().key());
        let Self { genesis, handovers, .. } = self;
        Proof { genesis, handovers, header, certificate, claim: claim(), agreed: agreed(), inclusion }
    }
}

fn state(others: u32) -> Tree {
    let entry = |n: u32| (Digest::of(&n.to_le_bytes()).0.to_vec(), vec![n as u8; 40]);
    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = (0..others).map(entry).collect();
    entries.push((claim().key(), entry::value(&agreed())));
    Tree::from_entries(entries.iter().map(|(key, value)| (&key[..], &value[..])))
}
