//! Tests of the book of peers.

use super::*;
use agon_types::{HotkeyPair, NetworkId, SessionPair, Signed};

const NOW: TimeMs = TimeMs(1_000);

fn binding(seed: u8, peer: PeerId, sequence: u64) -> Verified<Binding> {
    let network: NetworkId = "test".parse().unwrap();
    let mut wide = [seed; 32];
    wide[0] = 1;
    let (hot, session) = (HotkeyPair::from_seed(&wide), SessionPair::from_seed(&wide));
    let body = Binding {
        network: network.clone(),
        hotkey: hot.hotkey(),
        peer: peer.to_bytes(),
        session: session.session(),
        wrap: [0; 32],
        sequence,
        expires: TimeMs(2_000),
    };
    Signed::new(&network, body, &[&hot, &session]).verify(&network).unwrap()
}

fn book(peers: &[PeerId]) -> Book {
    let mut book = Book::default();
    peers.iter().for_each(|peer| book.connect(*peer, Instant::now()));
    book
}

#[test]
fn a_bound_hotkey_is_a_validator_once_the_application_says_so() {
    let peer = PeerId::random();
    let (mut book, one) = (book(&[peer]), binding(1, peer, 1));
    assert_eq!(book.standing(&peer), Standing::Stranger);
    book.bind(peer, &one).unwrap();
    assert_eq!(book.refresh(NOW), [(peer, Standing::Bound)]);
    let other = SessionKey([9; 32]);
    book.set_validators([(one.body().hotkey, other)].into());
    assert_eq!(book.refresh(NOW), [], "another session key");
    book.set_validators([(one.body().hotkey, one.body().session)].into());
    assert_eq!(book.refresh(NOW), [(peer, Standing::Validator)]);
    assert_eq!(book.validator_peers(), HashSet::from([peer]));
}

#[test]
fn a_binding_ends_while_its_peer_is_connected() {
    let peer = PeerId::random();
    let mut book = book(&[peer]);
    book.bind(peer, &binding(1, peer, 1)).unwrap();
    book.refresh(TimeMs(1_999));
    assert_eq!(book.refresh(TimeMs(2_000)), [(peer, Standing::Stranger)]);
}

#[test]
fn the_higher_sequence_wins_also_after_its_peer_has_gone() {
    let (old, new) = (PeerId::random(), PeerId::random());
    let mut book = book(&[old, new]);
    book.bind(old, &binding(1, old, 1)).unwrap();
    book.bind(old, &binding(1, old, 1)).unwrap();
    book.refresh(NOW);
    assert_eq!(book.bind(new, &binding(1, new, 1)), Err(Superseded::Newer), "two peers of one sequence");
    book.bind(new, &binding(1, new, 2)).unwrap();
    book.refresh(NOW);
    assert_eq!((book.standing(&old), book.standing(&new)), (Standing::Stranger, Standing::Bound));
    book.disconnect(&new);
    assert_eq!(book.bind(old, &binding(1, old, 1)), Err(Superseded::Newer));
}

#[test]
fn faults_are_forgiven_with_time_and_add_up_to_a_ban() {
    let (peer, now) = (PeerId::random(), Instant::now());
    let mut book = book(&[peer]);
    assert!(!book.blame(&peer, limits::FAULTS_MAX, now));
    assert!(book.blame(&peer, 1, now));
    assert!(!book.blame(&peer, 2, now + std::time::Duration::from_secs(3)));
}

#[test]
fn who_may_send_what_depends_on_the_standing() {
    let may = |standing: Standing| Topic::ALL.map(|topic| standing.may_send(topic));
    assert_eq!(may(Standing::Stranger), [false, true, false]);
    assert_eq!(may(Standing::Bound), [false, true, true]);
    assert_eq!(may(Standing::Validator), [true, true, true]);
}
