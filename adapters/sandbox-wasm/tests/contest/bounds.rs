//! Every bound holds, and says whose fault it is that it was reached.

use crate::stage::{Deed, Stage, ask, failure, limits, measured, misuse, reason, said, script, written};
use agon_port::sandbox::{Done, Phase, Verdict};
use agon_sandbox_wasm::room::Trouble;
use agon_types::FailureReason;
use agon_types::manifest::Limits;

#[test]
fn an_endless_loop_ends_by_fuel_wherever_it_stands() {
    let fuel = |limits: &mut Limits| limits.agent_fuel = 1_000_000;
    assert_eq!(reason(Deed::Loops, fuel), FailureReason::OutOfFuel);
    let at_start = failure(ask("loops_at_start", Deed::GivesUp, fuel));
    assert_eq!(at_start.reason, FailureReason::OutOfFuel);
}

#[test]
fn memory_above_the_limit_is_refused_from_the_first_page_on() {
    let words = "62 MiB are within the limit of 64 MiB";
    assert_eq!(reason(Deed::Grows, |_| {}), FailureReason::Trapped, "{words}");
    let grows = reason(Deed::Grows, |limits| limits.agent_memory_bytes = 1 << 20);
    assert_eq!(grows, FailureReason::OutOfMemory);
    let answers = Deed::Answers { at: 0, bytes: 0 };
    let begins_large = reason(answers, |limits| limits.agent_memory_bytes = 1 << 16);
    assert_eq!(begins_large, FailureReason::OutOfMemory);
}

#[test]
fn an_answer_above_its_limit_is_refused() {
    let answers = |bytes| Deed::Answers { at: 0, bytes };
    measured(ask("obeys", answers(100), |limits| limits.agent_output_bytes = 100));
    for (bytes, limit) in [(101, 100), (100_000, 100), (70_000, 69_999)] {
        let reason = reason(answers(bytes), |limits| limits.agent_output_bytes = limit);
        assert_eq!(reason, FailureReason::OutputTooLarge, "{bytes} of {limit}");
    }
}

#[test]
fn an_answer_outside_its_memory_is_a_trap() {
    let lies = Deed::Answers { at: 131_071, bytes: 2 };
    assert_eq!(reason(lies, |_| {}), FailureReason::Trapped);
}

#[test]
fn giving_up_keeps_the_words_of_the_agent() {
    let failure = failure(ask("obeys", Deed::GivesUp, |_| {}));
    assert_eq!((failure.reason, failure.detail.as_str()), (FailureReason::GaveUp, "too hard!"));
}

#[test]
fn endless_recursion_is_a_trap() {
    let failure = failure(ask("obeys", Deed::Recurses, |_| {}));
    assert_eq!((failure.reason, failure.detail.as_str()), (FailureReason::Trapped, "its stack overflowed"));
}

#[test]
fn more_calls_than_granted_are_the_agents_failure() {
    let mut stage = Stage::default();
    stage.limits.agent_calls = 2;
    let call = Deed::Answers { at: 0, bytes: 0 }.input();
    let twice = script().new_agent(0, 0).call(0, &call).drop_agent(0).new_agent(0, 0).call(0, &call);
    measured(stage.score(twice.clone()));
    let failure = failure(stage.score(twice.call(0, &call)));
    assert_eq!(failure.reason, FailureReason::CallsExhausted);
}

#[test]
fn after_a_failure_every_further_call_is_the_same_failure_and_costs_nothing() {
    let mut stage = Stage::default();
    let again = script().new_agent(0, 0).call(0, &Deed::GivesUp.input());
    let again = again.call(0, &Deed::Answers { at: 0, bytes: 1 }.input());
    let finished = stage.score(again);
    assert_eq!(said(&finished), ["!too hard!", "!too hard!"]);
    assert_eq!(failure(finished).reason, FailureReason::GaveUp);
}

#[test]
fn a_challenge_that_runs_out_of_anything_is_our_fault() {
    for (starved, words) in [
        (Limits { challenge_fuel: 100, ..limits() }, "fuel"),
        (Limits { challenge_memory_bytes: 1 << 16, ..limits() }, "memory"),
    ] {
        let mut stage = Stage { limits: starved, ..Stage::default() };
        assert!(misuse(stage.score(script())).contains(words));
    }
}

#[test]
fn a_challenge_that_breaks_the_rules_is_our_fault() {
    measured(Stage::default().score(script().score(1_000_000_000, 0)));
    for (script, words) in [
        (script().score(1_000_000_001, 0), "above 1000000000"),
        (script().score(1, 17), "17 metrics of 16"),
        (script().score(1, 1), "the name of a metric"),
        (script().score(1, u32::MAX), "interface"),
        (script().new_agent(0, 1), "seat 1"),
        (script().loop_on(), "all the fuel"),
        (script().panic(), "panicked"),
        (script().recurse(), "overflowed"),
        (script().grow(2_000), "memory"),
        (script().log(b"\xff\xfe"), "interface"),
        (script().log_large(u32::MAX), "interface"),
        (script().drop_agent(0), "interface"),
    ] {
        let said = misuse(Stage::default().score(script));
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_challenge_holds_so_many_agents_at_once() {
    let mut all = script();
    for place in 0..16 {
        all = all.new_agent(place, 0).call(place, &Deed::Answers { at: 0, bytes: 0 }.input());
    }
    measured(Stage::default().score(all.clone().drop_agent(3).new_agent(3, 0)));
    assert!(misuse(Stage::default().score(all.new_agent(16, 0))).contains("16 agents"));
}

#[test]
fn a_challenge_opens_so_many_agents_and_no_more() {
    let mut stage = Stage { agents: vec![written("obeys"), written("obeys")], ..Stage::default() };
    stage.limits.agent_instances = 3;
    let three = script().new_agent(0, 0).drop_agent(0).new_agent(0, 1).new_agent(1, 0);
    measured(stage.score(three.clone()));
    assert!(
        misuse(stage.score(three.drop_agent(1).new_agent(1, 0))).contains("the 3 agents of agent_instances")
    );
}

#[test]
fn an_opponent_that_faults_or_cannot_be_loaded_is_an_answer_to_the_challenge() {
    let mut stage =
        Stage { agents: vec![written("obeys"), written("obeys"), b"junk".to_vec()], ..Stage::default() };
    let (gives_up, answers) = (Deed::GivesUp.input(), Deed::Answers { at: 0, bytes: 0 }.input());
    let game = script().new_agent(1, 1).call(1, &gives_up).new_agent(2, 2).call(2, &answers);
    let finished = stage.score(game.new_agent(0, 0).call(0, &answers));
    assert_eq!(said(&finished), ["!too hard!", "!the component in this seat cannot be loaded", "+"]);
    measured(finished);
}

#[test]
fn a_flood_of_log_lines_is_cut_and_paid_for() {
    let mut flood = script();
    for _ in 0..300 {
        flood = flood.log_large(1_000);
    }
    let mut stage = Stage::default();
    let finished = stage.score(flood.clone());
    assert_eq!(finished.log.len(), 256);
    assert!(finished.log.iter().all(|spoken| spoken.line.len() == 512));
    assert_eq!(finished.calls.len(), 1);
    assert_eq!((finished.calls[0].count, finished.calls[0].bytes_in), (300, 300_000));
    assert!(measured(finished).fuel > 300 * 2_000);
    stage.limits.challenge_fuel = 300_000;
    let finished = stage.score(flood);
    assert_eq!(finished.calls.last().unwrap().verdict, Verdict::Exceeded);
    assert!(misuse(finished).contains("fuel"));
}

#[test]
fn a_room_without_a_challenge_is_no_fault_of_a_guest() {
    use agon_sandbox_wasm::room::{Gone, Order, Room};
    let mut empty = agon_sandbox_wasm::Inside::new().unwrap();
    let order = Order { grants: Default::default(), limits: limits(), phase: Phase::Describe };
    let finished = empty.run(order, &mut |_| Err(Gone));
    assert!(matches!(finished.result, Err(Trouble::Host(_))));
}

#[test]
fn a_room_runs_again_after_every_fault() {
    use crate::stage::{recording, room, task};
    use agon_sandbox_wasm::room::{Gone, Order, Room};
    let mut room = room(&written("does"), &[written("obeys")]);
    for script in [
        script().panic(),
        script().recurse(),
        script().grow(2_000),
        script().new_agent(0, 0).call(0, &Deed::Recurses.input()),
        script().new_agent(0, 0).call(0, &Deed::Grows.input()),
        script(),
    ] {
        let recording = recording(script.bytes());
        for phase in [Phase::Score { task: task(""), recording }, Phase::Describe] {
            let is_describe = phase == Phase::Describe;
            let order = Order { grants: Default::default(), limits: limits(), phase };
            let finished = room.run(order, &mut |_| Err(Gone));
            assert_eq!(matches!(finished.result, Ok(Ok(Done::Described(_)))), is_describe);
        }
    }
}
