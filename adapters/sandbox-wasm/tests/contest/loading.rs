//! What may run in a role, and why other bytes may not.

use crate::stage::{Orders, agent, challenge, obey, run_of, sandbox, written};
use agon_port::sandbox::{Role, Sandbox, Unloadable};
use agon_types::FailureReason;
use std::sync::Arc;

async fn refusal(role: Role, bytes: Arc<[u8]>) -> Unloadable {
    sandbox().inspect(role, bytes).await.expect_err("these bytes may not run")
}

#[tokio::test]
async fn the_examples_may_run_in_their_roles_only() {
    let sandbox = sandbox();
    sandbox.inspect(Role::Agent, agent("compress-lz")).await.unwrap();
    sandbox.inspect(Role::Challenge, challenge("compress")).await.unwrap();
    let swapped = sandbox.inspect(Role::Challenge, agent("compress-lz")).await.unwrap_err();
    assert_eq!(swapped, Unloadable::MissingExport("describe".to_owned()));
    let swapped = sandbox.inspect(Role::Agent, challenge("compress")).await.unwrap_err();
    assert!(matches!(swapped, Unloadable::ForbiddenImport(_)), "{swapped}");
}

#[tokio::test]
async fn what_is_not_a_component_is_refused() {
    let core_module = Arc::from(*b"\0asm\x01\0\0\0");
    for bytes in [core_module, Arc::from(*b""), Arc::from(*b"#!/bin/sh"), Arc::from([0xa7; 4096])] {
        assert_eq!(refusal(Role::Agent, bytes).await, Unloadable::NotAComponent);
    }
    let mut damaged = agent("compress-lz").to_vec();
    damaged.truncate(damaged.len() / 2);
    assert!(matches!(refusal(Role::Agent, damaged.into()).await, Unloadable::Invalid(_)));
}

#[tokio::test]
async fn an_import_that_the_world_does_not_grant_is_refused_by_name() {
    let wasi = "wasi:cli/environment@0.2.0";
    for role in [Role::Agent, Role::Challenge] {
        let bytes = written("imports_environment");
        assert_eq!(refusal(role, bytes).await, Unloadable::ForbiddenImport(wasi.to_owned()));
    }
    let clock = written("imports_clock");
    assert_eq!(refusal(Role::Agent, clock).await, Unloadable::ForbiddenImport("now".to_owned()));
}

#[tokio::test]
async fn a_granted_interface_has_only_its_own_functions() {
    let more = written("imports_log_to_read");
    assert!(matches!(refusal(Role::Agent, more).await, Unloadable::MissingExport(_)));
    let both = written("answers_and_imports_log_to_read");
    assert!(matches!(refusal(Role::Agent, both).await, Unloadable::Invalid(_)));
}

#[tokio::test]
async fn an_export_of_another_type_is_refused() {
    let bytes = written("calls_of_another_type");
    assert!(
        matches!(refusal(Role::Agent, bytes).await, Unloadable::Invalid(words) if words.contains("another type"))
    );
}

#[tokio::test]
async fn an_unloadable_agent_fails_and_an_unloadable_challenge_is_our_fault() {
    let sandbox = sandbox();
    let failure = sandbox.run(run_of("route", Arc::from(*b"junk"), [0; 32])).await.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailureReason::Unloadable);
    let mut run = run_of("route", agent("route-greedy"), [0; 32]);
    run.challenge = Arc::from(*b"junk");
    assert!(sandbox.run(run).await.is_err());
}

#[tokio::test]
async fn an_agent_written_by_hand_can_answer() {
    let answered = obey(Orders::default(), |_| {}).await.unwrap().unwrap();
    assert_eq!(answered.score.billionths(), 1);
}
