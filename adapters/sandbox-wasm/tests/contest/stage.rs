//! Finds the committed components, and runs them as a validator would.

use agon_port::sandbox::{Error, Run, Sandbox};
use agon_sandbox_wasm::WasmSandbox;
use agon_types::manifest::Limits;
use agon_types::report::Measured;
use agon_types::{Failure, FailureReason, Manifest};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const SEED: [u8; 32] = [7; 32];

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn component(workspace: &str, name: &str) -> Arc<[u8]> {
    let path = repository().join(workspace).join(name).join(format!("dist/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

pub fn challenge(name: &str) -> Arc<[u8]> {
    component("challenges", name)
}

pub fn agent(name: &str) -> Arc<[u8]> {
    component("agents", name)
}

pub fn manifest(challenge: &str) -> Manifest {
    let path = repository().join("challenges").join(challenge).join("manifest.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A sandbox for one run at a time.
pub fn sandbox() -> WasmSandbox {
    WasmSandbox::new(1).unwrap()
}

/// What the first benchmark of a challenge asks of these bytes.
pub fn run_of(challenge_name: &str, agent: Arc<[u8]>, seed: [u8; 32]) -> Run {
    let manifest = manifest(challenge_name);
    Run {
        challenge: challenge(challenge_name),
        agents: vec![agent],
        benchmark: manifest.benchmarks[0].clone(),
        seed,
        limits: manifest.limits,
    }
}

/// The outcome of an example agent in the challenge that its name begins with.
pub async fn outcome(sandbox: &WasmSandbox, name: &str) -> Result<Measured, Failure> {
    let (challenge, _) = name.split_once('-').unwrap();
    sandbox.run(run_of(challenge, agent(name), SEED)).await.unwrap()
}

/// A challenge written by hand, which asks its agent once and scores 1 for any answer.
pub const ASKS_ONCE: &str = include_str!("asks_once.wat");

/// Runs an agent written by hand in the challenge above.
pub async fn ask(agent: &str, change: impl FnOnce(&mut Limits)) -> Result<Result<Measured, Failure>, Error> {
    ask_by(ASKS_ONCE, agent, change).await
}

pub async fn ask_by(
    challenge: &str,
    agent: &str,
    change: impl FnOnce(&mut Limits),
) -> Result<Result<Measured, Failure>, Error> {
    let mut run = run_of("route", wat(agent), SEED);
    run.challenge = wat(challenge);
    change(&mut run.limits);
    sandbox().run(run).await
}

/// The reason for which an agent written by hand fails.
pub async fn reason(agent: &str, change: impl FnOnce(&mut Limits)) -> FailureReason {
    ask(agent, change).await.unwrap().unwrap_err().reason
}

pub fn wat(text: &str) -> Arc<[u8]> {
    wat::parse_str(text).unwrap().into()
}

/// An agent whose `call` has this body, of type `(method: i32, i32, input: i32, i32) -> i32`. Memory has one page; a
/// result is written at 16: tag, pointer, length.
pub fn agent_with(body: &str, more: &str) -> String {
    format!(
        r#"(component
            (core module $m
                (memory (export "memory") 2)
                (global $free (mut i32) (i32.const 1024))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (local $at i32)
                    (local.set $at (global.get $free))
                    (global.set $free (i32.add (global.get $free) (local.get 3)))
                    (local.get $at))
                (func $answer (param $tag i32) (param $at i32) (param $length i32) (result i32)
                    (i32.store8 (i32.const 16) (local.get $tag))
                    (i32.store (i32.const 20) (local.get $at))
                    (i32.store (i32.const 24) (local.get $length))
                    (i32.const 16))
                (func $call (export "call") (param i32 i32 i32 i32) (result i32) {body})
                {more})
            (core instance $i (instantiate $m))
            (func (export "call") (param "method" string) (param "input" (list u8))
                (result (result (list u8) (error string)))
                (canon lift (core func $i "call") (memory $i "memory") (realloc (func $i "realloc")))))"#
    )
}
