//! Floods: the host called again and again, as fast as a guest can.

use super::{Attack, Ends};
use crate::plan::Plan;
use crate::text::{Guest, Interface};

/// Calls the host until the fuel is used up.
fn flood(phase: &'static str, interface: Interface, call: &'static str) -> Attack {
    let name = format!("a flood in {phase}: {call}");
    Attack::run(name, Ends::Challenge("all the fuel"), move || {
        let guest = Guest::challenge().import(interface).realloc("(i32.const 32768)").memory("40");
        let body = format!("(loop $l {call} (br $l)) (i32.const 960)");
        let plan = Plan::of(phase, &guest.does(phase, &body)).limits(|limits| {
            (limits.challenge_fuel, limits.agent_instances) = (100_000_000, u32::MAX);
        });
        if phase == "score" { plan.agent(&Guest::agent()) } else { plan }
    })
    .within(20_000)
}

pub fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        attacks.push(flood(phase, Interface::Log, "(call $log (i32.const 0) (i32.const 10))"));
    }
    attacks.extend([
        flood("serve", Interface::Log, "(call $log (i32.const 131072) (i32.const 1000000))"),
        flood("score", Interface::Random, "(call $random (i32.const 0) (i32.const 1) (i32.const 1048576) (i32.const 64))"),
        flood("score", Interface::Random, "(call $random (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 64))"),
        flood("score", Interface::State, "(call $get (i32.const 0) (i32.const 1) (i32.const 64))"),
        flood("serve", Interface::State, "(call $keys (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 64))"),
        flood("weigh", Interface::State, "(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8000) (i32.const 64))"),
        flood("weigh", Interface::State, "(call $remove (i32.const 0) (i32.const 1) (i32.const 64))"),
        flood("serve", Interface::State, "(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))"),
        flood("weigh", Interface::Inbox, "(call $posts (i32.const 0) (i32.const 64) (i32.const 64))"),
        flood("serve", Interface::Submissions, "(call $submissions (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256) (i32.const 64))"),
        flood("score", Interface::Artifacts, "(call $piece (i32.const 0) (i32.const 64) (i64.const 0) (i32.const 1) (i32.const 64))"),
        flood("score", Interface::Artifacts, "(call $keep (i32.const 0) (i32.const 1) (i32.const 64))"),
        flood("score", Interface::Agents, "(call $close (call $open (i32.const 0)))"),
        flood("score", Interface::Agents, "(local.set $seed (call $open (i32.const 0))) (call $call (local.get $seed) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)) (call $close (local.get $seed))"),
    ]);
    // Refused ones cost no less.
    attacks.push(flood("observe", Interface::Web, "(call $fetch (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))"));
    attacks
}
