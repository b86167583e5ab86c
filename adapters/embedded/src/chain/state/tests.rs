//! The checks of the development chain, one by one, and what registration and uids do.

use super::*;
use agon_types::{HotkeyPair, Signed, Stake};

fn rules() -> Rules {
    Rules { rate_limit_blocks: 10, neurons_max: 3, ..Rules::new("test".parse().unwrap()) }
}

fn pair(number: u8) -> HotkeyPair {
    HotkeyPair::from_seed(&[number; 32])
}

fn registration(number: u8, permit: bool) -> Extrinsic {
    let hotkey = pair(number).hotkey();
    Extrinsic::Register(Registration { hotkey, coldkey: hotkey, stake: Stake(100), permit })
}

fn call(number: u8, nonce: u64, body: CallBody) -> Extrinsic {
    let call = Call { signer: pair(number).hotkey(), nonce, body };
    Extrinsic::Call(Signed::new(&rules().network, call, &[&pair(number)]))
}

fn weights(uids: &[u16], values: &[u16]) -> CallBody {
    CallBody::SetWeights { uids: uids.to_vec(), values: values.to_vec() }
}

fn apply(state: &mut State, at: u64, extrinsic: &Extrinsic) -> Result<(), Refusal> {
    state.check(&rules(), ChainBlock(at), extrinsic)?;
    state.execute(ChainBlock(at), extrinsic);
    Ok(())
}

/// Hotkey 1 with a permit and uid 0, hotkey 2 without one and uid 1, both registered at block 1.
fn state() -> State {
    let mut state = State::default();
    apply(&mut state, 1, &registration(1, true)).unwrap();
    apply(&mut state, 1, &registration(2, false)).unwrap();
    state
}

#[test]
fn weights_are_checked_in_the_order_and_by_the_names_of_the_real_chain() {
    let late = 11;
    let cases = [
        ("good", 1, late, weights(&[0, 1], &[1, 2]), Ok(())),
        ("lengths", 9, 1, weights(&[0], &[]), Err(Refusal::WeightVecNotEqualSize { uids: 1, values: 0 })),
        (
            "too many",
            9,
            1,
            weights(&[0, 0, 7], &[0, 0, 0]),
            Err(Refusal::UidsLengthExceedUidsInSubNet { uids: 3, neurons: 2 }),
        ),
        ("stranger", 9, 1, weights(&[7, 7], &[0, 0]), Err(Refusal::HotKeyNotRegisteredInSubNet)),
        (
            "too early",
            2,
            10,
            weights(&[7, 7], &[0, 0]),
            Err(Refusal::SettingWeightsTooFast { until: ChainBlock(11) }),
        ),
        ("no permit", 2, late, weights(&[7, 7], &[0, 0]), Err(Refusal::NeuronNoValidatorPermit)),
        ("twice", 1, late, weights(&[7, 7], &[0, 0]), Err(Refusal::DuplicateUids(7))),
        ("nobody", 1, late, weights(&[0, 7], &[0, 0]), Err(Refusal::UidVecContainInvalidOne(7))),
        ("empty", 1, late, weights(&[], &[]), Err(Refusal::WeightVecLengthIsLow)),
    ];
    for (desc, signer, at, body, expected) in cases {
        assert_eq!(apply(&mut state(), at, &call(signer, 0, body)), expected, "{desc}");
    }
}

#[test]
fn a_nonce_counts_once_and_in_order() {
    let mut state = state();
    let commit = |nonce| call(1, nonce, CallBody::Commit { commitment: Digest::of(b"c") });
    assert_eq!(apply(&mut state, 2, &commit(1)), Err(Refusal::Future { expected: 0 }));
    assert_eq!(apply(&mut state, 2, &commit(0)), Ok(()));
    assert_eq!(apply(&mut state, 2, &commit(0)), Err(Refusal::Stale { expected: 1 }));
    assert_eq!(apply(&mut state, 2, &commit(1)), Ok(()));
}

#[test]
fn a_refused_call_leaves_its_nonce_for_another() {
    let mut state = state();
    assert!(apply(&mut state, 2, &call(1, 0, weights(&[0], &[1]))).is_err());
    assert_eq!(state.nonce(&pair(1).hotkey()), 0);
}

#[test]
fn only_the_registered_can_commit() {
    let commit = call(9, 0, CallBody::Commit { commitment: Digest::of(b"c") });
    assert_eq!(apply(&mut state(), 2, &commit), Err(Refusal::AccountNotAllowedCommit));
}

#[test]
fn setting_weights_starts_the_rate_limit_anew() {
    let mut state = state();
    assert_eq!(apply(&mut state, 11, &call(1, 0, weights(&[0], &[1]))), Ok(()));
    let too_fast = Err(Refusal::SettingWeightsTooFast { until: ChainBlock(21) });
    assert_eq!(apply(&mut state, 20, &call(1, 1, weights(&[0], &[2]))), too_fast);
    assert_eq!(apply(&mut state, 21, &call(1, 1, weights(&[0], &[2]))), Ok(()));
    let row = Row { vector: vec![(0, 2)], block: ChainBlock(21) };
    assert_eq!(state.weights(&pair(1).hotkey()), Some(row));
}

#[test]
fn a_uid_that_becomes_free_is_given_again_without_the_weights_on_it() {
    let mut state = state();
    apply(&mut state, 11, &call(1, 0, weights(&[0, 1], &[5, 6]))).unwrap();
    apply(&mut state, 12, &registration(3, true)).unwrap();
    assert_eq!(apply(&mut state, 12, &registration(4, true)), Err(Refusal::NoNeuronIdAvailable));
    apply(&mut state, 13, &Extrinsic::Deregister(pair(2).hotkey())).unwrap();
    apply(&mut state, 14, &registration(4, true)).unwrap();
    let uid = |number| state.member(&pair(number).hotkey()).map(|member| member.neuron.uid);
    assert_eq!([uid(1), uid(3), uid(4)], [Ok(0), Ok(2), Ok(1)]);
    assert_eq!(uid(2), Err(Refusal::HotKeyNotRegisteredInSubNet));
    assert_eq!(state.weights(&pair(1).hotkey()).unwrap().vector, [(0, 5), (1, 0)]);
}

#[test]
fn registering_again_changes_the_numbers_and_keeps_the_uid() {
    let mut state = state();
    apply(&mut state, 5, &registration(2, true)).unwrap();
    let member = state.member(&pair(2).hotkey()).unwrap();
    assert_eq!((member.neuron.uid, member.neuron.permit, member.last_update), (1, true, ChainBlock(1)));
}

#[test]
fn a_call_counts_only_for_its_network_and_its_signer() {
    let network = rules().network;
    let body = || CallBody::Commit { commitment: Digest::of(b"c") };
    let decode = |call: Signed<Call>| Extrinsic::decode(&agon_types::codec::encode(&call), &network);
    let of = |number| Call { signer: pair(number).hotkey(), nonce: 0, body: body() };
    assert!(decode(Signed::new(&network, of(1), &[&pair(1)])).is_ok());
    let cases = [
        ("another signs", Signed::new(&network, of(1), &[&pair(2)])),
        ("two sign", Signed::new(&network, of(1), &[&pair(1), &pair(2)])),
        ("another network", Signed::new(&"other".parse().unwrap(), of(1), &[&pair(1)])),
    ];
    for (desc, signed) in cases {
        assert!(matches!(decode(signed), Err(Refusal::BadProof(_))), "{desc}");
    }
    assert!(matches!(Extrinsic::decode(b"rubbish", &network), Err(Refusal::BadFormat(_))));
}
