//! Every bound holds, and says whose fault it is that it was reached.

use crate::stage::{Deed, Orders, agent, ask, obey, reason, run_of, sandbox};
use agon_port::sandbox::{Error, Sandbox};
use agon_types::FailureReason;
use agon_types::manifest::Limits;
use std::time::Duration;

#[tokio::test]
async fn an_endless_loop_ends_by_fuel_wherever_it_stands() {
    let fuel = |limits: &mut Limits| limits.agent_fuel = 1_000_000;
    assert_eq!(reason(Deed::Loops, fuel).await, FailureReason::OutOfFuel);
    let at_start = ask("loops_at_start", Orders::default(), fuel).await.unwrap().unwrap_err();
    assert_eq!(at_start.reason, FailureReason::OutOfFuel);
}

#[tokio::test]
async fn memory_above_the_limit_is_refused_from_the_first_page_on() {
    let words = "62 MiB are within the limit of 64 MiB";
    assert_eq!(reason(Deed::Grows, |_| {}).await, FailureReason::Trapped, "{words}");
    let grows = reason(Deed::Grows, |limits| limits.agent_memory_bytes = 1 << 20).await;
    assert_eq!(grows, FailureReason::OutOfMemory);
    let answers = Deed::Answers { at: 0, bytes: 0 };
    let begins_large = reason(answers, |limits| limits.agent_memory_bytes = 1 << 16).await;
    assert_eq!(begins_large, FailureReason::OutOfMemory);
}

#[tokio::test]
async fn an_answer_above_its_limit_is_refused() {
    let answers = |bytes| Deed::Answers { at: 0, bytes };
    assert!(obey(answers(100), |limits| limits.agent_output_bytes = 100).await.unwrap().is_ok());
    for (bytes, limit) in [(101, 100), (100_000, 100), (70_000, 69_999)] {
        let reason = reason(answers(bytes), |limits| limits.agent_output_bytes = limit).await;
        assert_eq!(reason, FailureReason::OutputTooLarge, "{bytes} of {limit}");
    }
}

#[tokio::test]
async fn an_answer_outside_its_memory_is_a_trap() {
    let lies = Deed::Answers { at: 131_071, bytes: 2 };
    assert_eq!(reason(lies, |_| {}).await, FailureReason::Trapped);
}

#[tokio::test]
async fn giving_up_keeps_the_words_of_the_agent() {
    let failure = obey(Deed::GivesUp, |_| {}).await.unwrap().unwrap_err();
    assert_eq!((failure.reason, failure.detail.as_str()), (FailureReason::GaveUp, "too hard!"));
}

#[tokio::test]
async fn endless_recursion_is_a_trap() {
    let failure = obey(Deed::Recurses, |_| {}).await.unwrap().unwrap_err();
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
        |limits: &mut Limits| limits.challenge_fuel = 100_000,
        |limits: &mut Limits| limits.challenge_memory_bytes = 1 << 16,
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
    let by = Orders::default();
    assert!(obey(Orders { score: 1_000_000_000, ..by }, |_| {}).await.unwrap().is_ok());
    for (orders, words) in [
        (Orders { score: 1_000_000_001, ..by }, "above 1000000000"),
        (Orders { metrics: 17, ..by }, "17 metrics of 16"),
        (Orders { metrics: 1, ..by }, "the name of a metric"),
        (Orders { metrics: u32::MAX, ..by }, "interface"),
        (Orders { seat: 1, ..by }, "seat 1"),
        (Orders { loops: true, ..by }, "all the fuel"),
    ] {
        let error = obey(orders, |_| {}).await.unwrap_err();
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
