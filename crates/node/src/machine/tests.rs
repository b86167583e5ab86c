//! Machines of a mesh, each of which has seen another part of the votes.

use super::*;
use agon_types::anchor::{Fact, Neuron};
use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::key::SigningKey;
use agon_types::signed::signing_bytes;
use agon_types::vote::Precommit;
use agon_types::{ActionBody, Hotkey, HotkeyPair, Power, Score, Seat, SessionPair, Stake, Voters};

const EPOCH_BLOCKS: u64 = 10;

fn session(n: u8) -> SessionPair {
    SessionPair::from_seed(&[n; 32])
}

fn hotkey(n: u8) -> Hotkey {
    HotkeyPair::from_seed(&[n; 32]).hotkey()
}

/// Four voters with equal power.
pub(crate) fn genesis() -> Genesis {
    let seat = |n| Seat { hotkey: hotkey(n), session: session(n).session(), power: Power(1) };
    let window = Window { heights: 1, ms: 1 };
    Genesis {
        network: "test".parse().unwrap(),
        time_ms: TimeMs(0),
        owner: Owner { threshold: 1, keys: vec![hotkey(9)] },
        voters: Voters::Mesh((1..=4).map(seat).collect()),
        burn: hotkey(8),
        chain_start: ChainBlock(0),
        parameters: Parameters {
            epoch_blocks: EPOCH_BLOCKS,
            commit_window: window,
            reveal_window: window,
            power_cap: Score::ONE,
            absences_max: 3,
            missed_max: 3,
        },
    }
}

fn certificate(header: &Header, signers: &[u8]) -> Certificate {
    let (height, block) = (header.height, header.digest());
    let bytes = signing_bytes(&header.network, &Precommit { height, round: 0, block: Some(block) });
    let signatures = signers.iter().map(|n| (session(*n).session(), session(*n).sign(&bytes))).collect();
    Certificate { height, round: 0, block, signatures }
}

/// The next block that a machine proposes.
fn build(machine: &mut Machine, anchor: Option<Anchor>) -> Block {
    let time_ms = machine.head().time_ms.next();
    let (proposer, actions) = (session(1).session(), Vec::new());
    machine.build(Draft { time_ms, proposer, anchor, actions, bytes_max: 1 << 20 }).0
}

fn decide(machine: &mut Machine, block: &Block, signers: &[u8]) {
    let executed = machine.execute(block, block.header.time_ms).unwrap();
    machine.advance(block, certificate(&block.header, signers), executed);
}

/// A machine that has decided the first block, and saw these sign it.
fn begun(signers: &[u8]) -> Machine {
    let mut machine = Machine::new(&genesis());
    let block = build(&mut machine, None);
    decide(&mut machine, &block, signers);
    machine
}

#[test]
fn any_certificate_that_proves_the_block_before_will_do() {
    let (mut one, mut other) = (begun(&[1, 2, 3]), begun(&[2, 3, 4]));
    for round in 0..3 {
        let block = build(&mut one, None);
        assert_ne!(block.last_certificate, other.head().certificate, "{round}");
        assert_eq!(other.check(&block, TimeMs(9)), Ok(block.header.state_root), "{round}");
        decide(&mut one, &block, &[1, 2, 4]);
        decide(&mut other, &block, &[1, 2, 3, 4]);
        assert_eq!(one.root(), other.root(), "{round}");
        std::mem::swap(&mut one, &mut other);
    }
}

#[test]
fn a_certificate_that_proves_less_is_refused() {
    let proposal = build(&mut begun(&[1, 2, 3]), None);
    let parent = build(&mut Machine::new(&genesis()), None).header;
    let other = Header { time_ms: TimeMs(7), ..parent.clone() };
    let forged = {
        let mut forged = certificate(&parent, &[1, 2, 3]);
        forged.signatures[2].0 = session(4).session();
        forged
    };
    let late = Certificate { round: 1, ..certificate(&parent, &[1, 2, 3]) };
    let cases = [
        ("none", None),
        ("two of four", Some(certificate(&parent, &[1, 2]))),
        ("one of them twice", Some(certificate(&parent, &[1, 2, 2]))),
        ("a stranger among them", Some(certificate(&parent, &[1, 2, 3, 5]))),
        ("in somebody's name", Some(forged)),
        ("signed for another round", Some(late)),
        ("for another block", Some(certificate(&other, &[1, 2, 3]))),
        ("for another height", Some(Certificate { height: Height(2), ..certificate(&parent, &[1, 2, 3]) })),
    ];
    for (desc, last_certificate) in cases {
        let mut machine = begun(&[2, 3, 4]);
        let mut block = Block { last_certificate, ..proposal.clone() };
        block.header.last_certificate = Block::certificate_digest(block.last_certificate.as_ref());
        let Err(Refused(problem)) = machine.check(&block, TimeMs(9)) else { panic!("{desc}: accepted") };
        assert!(problem.contains("certificate"), "{desc}: {problem}");
    }
    let mut first = Machine::new(&genesis());
    let mut block = build(&mut Machine::new(&genesis()), None);
    block.last_certificate = Some(certificate(&parent, &[1, 2, 3]));
    block.header.last_certificate = Block::certificate_digest(block.last_certificate.as_ref());
    assert!(first.check(&block, TimeMs(9)).is_err(), "nothing comes before the first block");
}

#[test]
fn a_header_pins_the_certificate_that_is_in_the_block() {
    let (mut one, mut other) = (begun(&[1, 2, 3]), begun(&[2, 3, 4]));
    let mut block = build(&mut one, None);
    block.last_certificate = other.head().certificate.clone();
    assert!(other.check(&block, TimeMs(9)).is_err(), "one that is valid too");
    assert!(one.check(&block, TimeMs(9)).is_err(), "also where the header was prepared");
}

#[test]
fn a_refused_block_leaves_the_state_as_it_was() {
    let mut machine = begun(&[1, 2, 3]);
    let mut block = build(&mut machine, None);
    let before = machine.state().read().unwrap().clone();
    let body = ActionBody::Readmit { hotkey: hotkey(1), proven: Height(1) };
    let action = Action { expires_at_height: Height(9), body };
    block.actions = vec![Signed::new(&genesis().network, action, &[&HotkeyPair::from_seed(&[9; 32])])];
    block.header.actions_root = Block::actions_root(None, &block.actions);
    assert!(machine.check(&block, TimeMs(9)).is_err());
    assert_eq!(*machine.state().read().unwrap(), before);
    let next = build(&mut machine, None);
    decide(&mut machine, &next, &[1, 2, 3]);
}

#[test]
fn headers_name_the_set_that_decides_them_and_the_next_one() {
    let mut machine = begun(&[1, 2, 3, 4]);
    let stake =
        |n: u8| Neuron { coldkey: hotkey(n), uid: u16::from(n), stake: Stake(u64::from(n)), permit: true };
    let facts = (1..=4).map(|n| Fact::Neuron { hotkey: hotkey(n), neuron: stake(n) }).collect();
    let (number, hash) = (ChainBlock(EPOCH_BLOCKS), Digest::of(b"boundary"));
    let boundary = build(&mut machine, Some(Anchor { number, hash, time_ms: TimeMs(0), facts }));
    assert_ne!(boundary.header.voters, boundary.header.next_voters);
    decide(&mut machine, &boundary, &[1, 2, 3]);

    let height = boundary.header.height;
    let digest = |machine: &Machine, height| Block::voters_digest(&machine.voters(height).unwrap());
    assert_eq!(digest(&machine, height), boundary.header.voters);
    assert_eq!(digest(&machine, height.next()), boundary.header.next_voters);
    assert_eq!(machine.voters(height.plus(2)), None);

    // The boundary's own certificate is one of the former set: 1, 2 and 3 have three quarters there, and three fifths
    // in the next one.
    let after = build(&mut machine, None);
    assert_eq!(after.header.voters, boundary.header.next_voters);
    let proven = |signers: &[u8], height| {
        let voters = machine.voters(height).unwrap();
        certificate(&after.header, signers).verify(&genesis().network, &voters).is_ok()
    };
    assert!(
        proven(&[1, 2, 3], height) && !proven(&[1, 2, 3], height.next()) && proven(&[3, 4], height.next())
    );
    decide(&mut machine, &after, &[3, 4]);
    let seen = machine.state();
    let seen = seen.read().unwrap();
    assert_eq!(voters::missed(&*seen, session(4).session()), 1, "who did not sign the boundary's block");
}
