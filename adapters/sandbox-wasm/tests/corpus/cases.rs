//! The cases: small guests, each with one input.

mod agents;
mod answers;
mod bounds;
mod hosts;
mod numbers;
mod traps;

use crate::plan::Plan;
use crate::text::{Guest, Interface, OUT};
use agon_port::sandbox::{Phase, Recording};
use agon_types::codec;

/// Where answers of the host go.
const ANSWER: u32 = 64;
/// Where a guest puts its own result.
const RESULT: u32 = 128;

/// What a run of the corpus is given beside its guests.
trait Given {
    /// Bytes from the start of the seed.
    fn seed(self, bytes: &[u8]) -> Self;

    /// What `observe` made of what it saw.
    fn observed(self, bytes: &[u8]) -> Self;
}

impl Given for Plan {
    fn seed(self, bytes: &[u8]) -> Self {
        self.task(|task| task.seed[..bytes.len()].copy_from_slice(bytes))
    }

    fn observed(mut self, bytes: &[u8]) -> Self {
        if let Phase::Score { recording, .. } = &mut self.phase {
            *recording = codec::encode(&Recording { exchanges: Vec::new(), observed: bytes.to_vec() });
        }
        self
    }
}

/// Whose fuel is set by what a first run took, and how many units beside that.
#[derive(Clone, Copy, Debug)]
pub enum Boundary {
    Challenge(i64),
    Agent(i64),
}

/// One guest with one input.
pub struct Case {
    pub name: String,
    pub plan: Plan,
    pub boundary: Option<Boundary>,
}

impl Case {
    fn new(name: impl Into<String>, plan: Plan) -> Self {
        Self { name: name.into(), plan, boundary: None }
    }

    fn at(mut self, boundary: Boundary) -> Self {
        self.boundary = Some(boundary);
        self
    }
}

/// All cases in the order of the listing.
pub fn all() -> Vec<Case> {
    let mut all = numbers::cases();
    all.extend(traps::cases());
    all.extend(bounds::cases());
    all.extend(answers::cases());
    all.extend(agents::cases());
    all.extend(hosts::cases());
    all
}

/// Leaves everything from `$start` to a place with the node, and scores nothing.
const KEEPS: &str = r#"
    (global $start i32 (i32.const OUT))
    (func $finish (param $end i32) (result i32)
      (call $keep (global.get $start) (i32.sub (local.get $end) (global.get $start)) (i32.const ANSWER))
      (i32.store8 (i32.const RESULT) (i32.load8_u (i32.const ANSWER)))
      (i32.store8 offset=4 (i32.const RESULT) (i32.const 6))
      (i32.store offset=8 (i32.const RESULT) (i32.const 0))
      (i32.store offset=12 (i32.const RESULT) (i32.const 0))
      (i32.const RESULT))
    (func $same32 (param f32) (result f32) (local.get 0))
    (func $same64 (param f64) (result f64) (local.get 0))"#;

/// A challenge that shows its results by keeping them.
fn keeps() -> Guest {
    let fields = KEEPS.replace("OUT", &OUT.to_string());
    let fields = fields.replace("ANSWER", &ANSWER.to_string()).replace("RESULT", &RESULT.to_string());
    Guest::challenge().import(Interface::Artifacts).fields(&fields)
}

/// A challenge that plays by a script, the first value of the configuration: pairs of a letter and a digit. `o` opens
/// an agent in a seat, `c` calls the so manyth that was opened, `d` drops it, `f` hands the last failure on. Each call
/// has the second value as its method and the seed as its input; all answers are kept.
fn plays() -> Guest {
    let body = r#"(local $at i32) (local $end i32) (local $out i32) (local $next i32) (local $op i32) (local $k i32)
      (local $method i32) (local $method_bytes i32)
      (local.set $at (i32.load offset=8 (local.get $config)))
      (local.set $end (i32.add (local.get $at) (i32.load offset=12 (local.get $config))))
      (local.set $out (global.get $start))
      (if (i32.gt_u (local.get $configs) (i32.const 1)) (then
        (local.set $method (i32.load offset=24 (local.get $config)))
        (local.set $method_bytes (i32.load offset=28 (local.get $config)))))
      (block $done (loop $step
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $op (i32.load8_u (local.get $at)))
        (local.set $k (i32.sub (i32.load8_u offset=1 (local.get $at)) (i32.const 48)))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (if (i32.eq (local.get $op) (i32.const 111)) (then
          (i32.store (i32.add (i32.const 512) (i32.shl (local.get $next) (i32.const 2))) (call $open (local.get $k)))
          (local.set $next (i32.add (local.get $next) (i32.const 1)))))
        (local.set $k (i32.add (i32.const 512) (i32.shl (local.get $k) (i32.const 2))))
        (if (i32.eq (local.get $op) (i32.const 100)) (then (call $close (i32.load (local.get $k)))))
        (if (i32.eq (local.get $op) (i32.const 99)) (then
          (call $call (i32.load (local.get $k)) (local.get $method) (local.get $method_bytes)
            (local.get $seed) (local.get $seed_bytes) (i32.const 64))
          (local.set $out (call $note (local.get $out)))))
        (if (i32.eq (local.get $op) (i32.const 102)) (then
          (local.set $op (i32.load8_u (i32.const 72)))
          (local.set $method (i32.load (i32.const 76)))
          (local.set $method_bytes (i32.load (i32.const 80)))
          (drop (call $finish (local.get $out)))
          (i32.store8 (i32.const 128) (i32.const 1))
          (i32.store8 offset=4 (i32.const 128) (local.get $op))
          (i32.store offset=8 (i32.const 128) (local.get $method))
          (i32.store offset=12 (i32.const 128) (local.get $method_bytes))
          (return (i32.const 128))))
        (br $step)))
      (call $finish (local.get $out))"#;
    keeps().import(Interface::Agents).fields(NOTES).does("score", body)
}

/// Writes an answer of an agent down: its tag, then its fuel and output, or its reason and detail.
const NOTES: &str = r#"(func $note (param $out i32) (result i32)
      (local $from i32) (local $bytes i32)
      (i32.store8 (local.get $out) (i32.load8_u (i32.const 64)))
      (if (i32.load8_u (i32.const 64))
        (then
          (i64.store offset=1 (local.get $out) (i64.load8_u (i32.const 72)))
          (local.set $from (i32.load (i32.const 76)))
          (local.set $bytes (i32.load (i32.const 80))))
        (else
          (i64.store offset=1 (local.get $out) (i64.load (i32.const 80)))
          (local.set $from (i32.load (i32.const 72)))
          (local.set $bytes (i32.load (i32.const 76)))))
      (i32.store offset=9 (local.get $out) (local.get $bytes))
      (memory.copy (i32.add (local.get $out) (i32.const 13)) (local.get $from) (local.get $bytes))
      (i32.add (local.get $out) (i32.add (i32.const 13) (local.get $bytes))))"#;

/// One agent that is called once.
fn asks(agent: &Guest) -> Plan {
    Plan::score(&plays()).agent(agent).config(&["o0c0"])
}

/// The end of an agent's call that answers so many bytes from a place.
fn answer(at: &str, bytes: &str) -> String {
    format!(
        "(i32.store8 (i32.const {RESULT}) (i32.const 0)) (i32.store offset=4 (i32.const {RESULT}) {at}) \
         (i32.store offset=8 (i32.const {RESULT}) {bytes}) (i32.const {RESULT})"
    )
}
