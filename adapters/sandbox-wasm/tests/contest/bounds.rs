//! Every bound holds, and says whose fault it is that it was reached.

use crate::stage::{ASKS_ONCE, agent, agent_with, ask, ask_by, reason, run_of, sandbox};
use agon_port::sandbox::{Error, Sandbox};
use agon_types::FailureReason;
use std::time::Duration;

const ANSWER: &str = "(call $answer (i32.const 0) (i32.const 0) (i32.const 0))";

#[tokio::test]
async fn an_endless_loop_ends_by_fuel_wherever_it_stands() {
    let in_call = agent_with("(loop $again (br $again)) unreachable", "");
    let in_start = agent_with(ANSWER, "(func $start (loop $again (br $again))) (start $start)");
    for agent in [in_call, in_start] {
        assert_eq!(reason(&agent, |limits| limits.agent_fuel = 1_000_000).await, FailureReason::OutOfFuel);
    }
}

#[tokio::test]
async fn memory_above_the_limit_is_refused_from_the_first_page_on() {
    let grows = agent_with("(drop (memory.grow (i32.const 1000))) unreachable", "");
    assert_eq!(reason(&grows, |_| {}).await, FailureReason::Trapped, "62 MiB are within the limit of 64 MiB");
    assert_eq!(
        reason(&grows, |limits| limits.agent_memory_bytes = 1 << 20).await,
        FailureReason::OutOfMemory
    );
    let begins_large = agent_with(ANSWER, "");
    assert_eq!(
        reason(&begins_large, |limits| limits.agent_memory_bytes = 1 << 16).await,
        FailureReason::OutOfMemory
    );
}

#[tokio::test]
async fn an_answer_above_its_limit_is_refused() {
    let answers = |bytes: u32| {
        agent_with(&format!("(call $answer (i32.const 0) (i32.const 0) (i32.const {bytes}))"), "")
    };
    assert!(ask(&answers(100), |limits| limits.agent_output_bytes = 100).await.unwrap().is_ok());
    for (bytes, limit) in [(101, 100), (100_000, 100), (70_000, 69_999)] {
        let reason = reason(&answers(bytes), |limits| limits.agent_output_bytes = limit).await;
        assert_eq!(reason, FailureReason::OutputTooLarge, "{bytes} of {limit}");
    }
}

#[tokio::test]
async fn an_answer_outside_its_memory_is_a_trap() {
    let lies = agent_with("(call $answer (i32.const 0) (i32.const 131071) (i32.const 2))", "");
    assert_eq!(reason(&lies, |_| {}).await, FailureReason::Trapped);
}

#[tokio::test]
async fn giving_up_keeps_the_words_of_the_agent() {
    let gives_up = agent_with(
        "(call $answer (i32.const 1) (i32.const 512) (i32.const 9))",
        r#"(data (i32.const 512) "too\nhard!")"#,
    );
    let failure = ask(&gives_up, |_| {}).await.unwrap().unwrap_err();
    assert_eq!((failure.reason, failure.detail.as_str()), (FailureReason::GaveUp, "too hard!"));
}

#[tokio::test]
async fn endless_recursion_is_a_trap() {
    let recursive = agent_with("(call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))", "");
    let failure = ask(&recursive, |_| {}).await.unwrap().unwrap_err();
    assert_eq!((failure.reason, failure.detail.as_str()), (FailureReason::Trapped, "its stack overflowed"));
}

#[tokio::test]
async fn more_calls_than_granted_are_the_agents_failure() {
    let mut run = run_of("compress", agent("compress-lz"), [1; 32]);
    run.limits.agent_calls = 3;
    let failure = sandbox().run(run).await.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailureReason::CallsExhausted);
}

#[tokio::test]
async fn a_challenge_that_runs_out_of_anything_is_our_fault() {
    let sandbox = sandbox();
    for starve in [
        |limits: &mut agon_types::manifest::Limits| limits.challenge_fuel = 100_000,
        |limits: &mut agon_types::manifest::Limits| limits.challenge_memory_bytes = 1 << 16,
    ] {
        let mut run = run_of("compress", agent("compress-lz"), [1; 32]);
        starve(&mut run.limits);
        assert!(matches!(sandbox.run(run).await, Err(Error::Challenge(_))));
    }
    let mut run = run_of("compress", agent("compress-lz"), [1; 32]);
    run.benchmark.config.clear();
    assert!(matches!(sandbox.run(run).await, Err(Error::Challenge(_))));
}

#[tokio::test]
async fn a_challenge_that_breaks_the_rules_is_our_fault() {
    let score = "(i32.store (i32.const 132) (i32.const 1))";
    let scores = |number: u32| {
        ASKS_ONCE.replace(score, &score.replace("(i32.const 1)", &format!("(i32.const {number})")))
    };
    let metrics = |count: u32| {
        ASKS_ONCE.replace(
            score,
            &format!(
                "(i32.store (i32.const 136) (i32.const 65536))(i32.store (i32.const 140) (i32.const {count}))"
            ),
        )
    };
    let seat = ASKS_ONCE.replace("(call $new (i32.const 0))", "(call $new (i32.const 1))");
    let loops = ASKS_ONCE.replace("(i32.const 128)))\n", "(loop $again (br $again)) unreachable))\n");
    let answers = agent_with(ANSWER, "");
    assert!(ask_by(&scores(1_000_000_000), &answers, |_| {}).await.unwrap().is_ok());
    for (challenge, words) in [
        (scores(1_000_000_001), "above 1000000000"),
        (metrics(17), "17 metrics of 16"),
        (metrics(1), "the name of a metric"),
        (metrics(u32::MAX), "interface"),
        (seat, "seat 1"),
        (loops, "all the fuel"),
    ] {
        let error = ask_by(&challenge, &answers, |_| {}).await.unwrap_err();
        assert!(matches!(&error, Error::Challenge(said) if said.contains(words)), "{words}: {error}");
    }
}

#[tokio::test]
async fn a_deadline_stops_the_run_and_blames_nobody() {
    let mut run = run_of("route", agent("route-loop"), [1; 32]);
    run.limits.agent_fuel = agon_types::limits::FUEL_MAX;
    run.limits.wall_time_ms = 100;
    let sandbox = sandbox();
    assert_eq!(sandbox.run(run.clone()).await, Err(Error::WallTime(100)));
    // The one permit is free again, also after a run that nobody waited for.
    run.limits.wall_time_ms = 3_600_000;
    let given_up = tokio::time::timeout(Duration::from_millis(100), sandbox.run(run)).await;
    assert!(given_up.is_err());
    assert!(sandbox.run(run_of("route", agent("route-greedy"), [1; 32])).await.unwrap().is_ok());
}
