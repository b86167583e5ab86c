//! Finality, memory and repetition of the development chain, without any I/O.

use super::*;
use crate::chain::Registration;
use agon_types::Stake;

fn history(history_blocks: u64) -> History {
    let rules = Rules { history_blocks, ..Rules::new("test".parse().unwrap()) };
    let base = History::genesis(&[7; 32], TimeMs(1_000));
    History::restore(rules, [7; 32], base, Vec::new()).unwrap()
}

fn registration(number: u8) -> Extrinsic {
    let hotkey = Hotkey([number; 32]);
    Extrinsic::Register(Registration { hotkey, coldkey: hotkey, stake: Stake(1), permit: true })
}

fn advance(history: &mut History, requests: Vec<Extrinsic>) {
    let next = history.next(requests, TimeMs(0));
    history.extend(next);
}

#[test]
fn finality_lags_behind_the_newest_block() {
    let mut history = history(10);
    assert_eq!(history.finalised().number, ChainBlock(0));
    for _ in 0..5 {
        advance(&mut history, Vec::new());
    }
    assert_eq!((history.head().number, history.finalised().number), (ChainBlock(5), ChainBlock(3)));
    assert!(history.view_at(ChainBlock(3)).is_some());
    assert!(history.view_at(ChainBlock(4)).is_none(), "it is not final yet");
    assert!(history.commitments(ChainBlock(0), ChainBlock(4)).is_none());
}

#[test]
fn time_goes_on_though_the_clock_does_not() {
    let mut history = history(10);
    advance(&mut history, Vec::new());
    assert_eq!(history.head().time_ms, TimeMs(1_001));
}

#[test]
fn equal_requests_and_seeds_give_equal_hashes_and_others_do_not() {
    let hash = |seed, requests| {
        let rules = Rules::new("test".parse().unwrap());
        let base = History::genesis(&seed, TimeMs(1_000));
        let history = History::restore(rules, seed, base, Vec::new()).unwrap();
        history.next(requests, TimeMs(0)).view.head.hash
    };
    let first = hash([7; 32], vec![registration(1)]);
    assert_eq!(first, hash([7; 32], vec![registration(1)]));
    assert_ne!(first, hash([8; 32], vec![registration(1)]));
    assert_ne!(first, hash([7; 32], vec![registration(2)]));
}

#[test]
fn a_block_keeps_saying_what_it_said_until_it_is_forgotten() {
    let mut history = history(4);
    for number in 1..=20 {
        advance(&mut history, vec![registration(number)]);
    }
    let finalised = history.finalised().number.0;
    for number in finalised.saturating_sub(3)..=finalised {
        let view = history.view_at(ChainBlock(number)).expect("the last four are kept");
        assert_eq!((view.head.number, view.neurons.len() as u64), (ChainBlock(number), number));
    }
    assert!(history.view_at(ChainBlock(2)).is_none(), "old ones are not");
    assert!(history.blocks.len() <= 9);
    assert_eq!(history.base.state.neurons().len() as u64, history.base.number.0);
}

#[test]
fn what_was_written_gives_the_same_history_again() {
    let mut history = history(4);
    for number in 1..=11 {
        advance(&mut history, vec![registration(number)]);
    }
    let blocks = history.blocks.iter().cloned().collect::<Vec<_>>();
    let again =
        History::restore(history.rules.clone(), history.seed, history.base.clone(), blocks.clone()).unwrap();
    assert_eq!((again.head(), again.finalised()), (history.head(), history.finalised()));
    assert_eq!(again.state, history.state);
    let holed = blocks.into_iter().skip(1).collect();
    let refused = History::restore(history.rules.clone(), history.seed, history.base.clone(), holed);
    assert!(matches!(refused, Err(Error::Damaged(_))));
}
