//! The challenge and its agents, natively: the same code as in the cage, in milliseconds.

use agon_sdk::stage::{Expected, Stage, golden};
use agon_sdk::{Fault, Reason, Score};

use @crate@::Rules;

fn stage() -> Stage {
    Stage::of_manifest(include_str!("../manifest.toml"), "numbers")
}

#[test]
fn halving_beats_counting() {
    let halve = stage().seat::<halve::Halve>().score::<Rules>().unwrap().score;
    let count = stage().seat::<count::Count>().score::<Rules>().unwrap().score;
    assert!(halve > Score::ratio(1, 10) && halve > count, "{halve} and {count}");
}

#[test]
fn words_are_no_guess() {
    let outcome = stage().seat_fn(|_, _| Ok(b"seven".to_vec())).score::<Rules>();
    assert!(matches!(outcome, Err(Fault::Agent(failure)) if failure.reason == Reason::WrongOutput));
}

/// What the cage found, which `agon challenge test` wrote down, is what comes out here.
#[test]
fn golden_scores_hold_natively_too() {
    for run in golden(&std::fs::read_to_string("golden.toml").unwrap_or_default()) {
        let stage = Stage::of_manifest(include_str!("../manifest.toml"), &run.benchmark).seed(run.seed);
        let mut stage = match run.agents[0].as_str() {
            "count" => stage.seat::<count::Count>(),
            "halve" => stage.seat::<halve::Halve>(),
            _ => continue,
        };
        let score = stage.score::<Rules>().unwrap().score;
        assert_eq!(Expected::Score(score.to_string()), run.expected, "{}", run.agents[0]);
    }
}
