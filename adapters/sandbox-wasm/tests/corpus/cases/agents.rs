//! Challenges that play with agents: instances, what they remember, what they cost, and how they fail.

use super::{Case, Given, answer, plays};
use crate::plan::Plan;
use crate::text::{Guest, Interface};

/// Counts its calls, and answers the count, the lengths of what it was given, and the first bytes of it.
fn counter() -> Guest {
    let body = "(i32.store (i32.const 204) (i32.add (i32.load (i32.const 204)) (i32.const 1))) \
        (i32.store (i32.const 208) (local.get $method_bytes)) (i32.store (i32.const 212) (local.get $input_bytes)) \
        (memory.copy (i32.const 216) (local.get $method) (i32.const 16)) (memory.copy (i32.const 232) (local.get $input) (i32.const 32))";
    Guest::agent().does("call", &format!("{body}{}", answer("(i32.const 204)", "(i32.const 60)")))
}

/// Takes a little more than half of its fuel in each call.
fn spender() -> Guest {
    let body = "(local $n i32) (loop $l (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000))))";
    Guest::agent().does("call", &format!("{body}{}", answer("(i32.const 0)", "(i32.const 0)")))
}

fn script(agents: &[Guest], script: &str) -> Plan {
    agents.iter().fold(Plan::score(&plays()), Plan::agent).config(&[script, "turn"])
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let two = [counter(), counter()];
    let opens = |count: usize| "o0".repeat(count);
    let many = opens(16) + &(0..16).map(|i| format!("c{}", char::from(b'0' + i))).collect::<String>();
    let in_turn: String = (0..40).map(|i| format!("o0c{0}d{0}", char::from(b'0' + i))).collect();
    for (name, text) in [
        ("no call", String::new()),
        ("opened only", "o0".to_owned()),
        ("one remembers", "o0c0c0c0".to_owned()),
        ("two do not share", "o0o0c0c1c0c0c1".to_owned()),
        ("a new one is fresh", "o0c0c0d0o0c1".to_owned()),
        ("two seats", "o0o1c0c1c1c0".to_owned()),
        ("16 at once", many),
        ("17 at once", opens(17)),
        ("40 in turn", in_turn),
        ("16, one less, one more", opens(16) + "d3o0c@"),
        ("no such seat", "o2".to_owned()),
        ("a seat far away", "oz".to_owned()),
        ("called after its drop", "o0d0c0".to_owned()),
        ("dropped twice", "o0d0d0".to_owned()),
        ("never opened", "o0c5".to_owned()),
        ("as often as allowed", "o0".to_owned() + &"c0".repeat(64)),
        ("once more than allowed", "o0".to_owned() + &"c0".repeat(65)),
        ("more than allowed by two instances", "o0o0".to_owned() + &"c0c1".repeat(33)),
        ("each seat as often as allowed", "o0o1".to_owned() + &"c0c1".repeat(64)),
        ("the last failure handed on", "o0".to_owned() + &"c0".repeat(65) + "f0"),
    ] {
        cases.push(Case::new(format!("agents/{name}"), script(&two, &text)));
    }
    cases.extend(faults());
    for (name, method) in [
        ("an empty method", String::new()),
        ("a long method", "m".repeat(256)),
        ("a method with marks", "\u{e4}\0\u{1f600}".to_owned()),
    ] {
        cases.push(Case::new(
            format!("agents/{name}"),
            Plan::score(&plays()).agent(&counter()).config(&["o0c0", &method]),
        ));
    }
    for (seed, name) in [([0; 32], "zeroes"), ([255; 32], "ones")] {
        cases.push(Case::new(format!("agents/input of {name}"), script(&two[..1], "o0c0").seed(&seed)));
    }
    cases
}

/// Agents that fail, each in a seat of its own beside one that does not.
fn faults() -> Vec<Case> {
    let lines = "(loop $l (call $log (i32.const 0) (i32.const 100)) (br $l))";
    let forty: String = "(call $log (i32.const 0) (i32.const 600))".repeat(300);
    let all = [
        ("its start loops", Guest::agent().fields("(func $go (loop $l (br $l))) (start $go)")),
        ("its start traps", Guest::agent().fields("(func $go unreachable) (start $go)")),
        ("its data does not fit", Guest::agent().fields("(data (i32.const 524287) \"ab\")")),
        (
            "its elements do not fit",
            Guest::agent().fields("(table 1 funcref) (func $f) (elem (i32.const 1) func $f)"),
        ),
        ("it has too much memory", Guest::agent().memory("70")),
        ("it has no room for its input", Guest::agent().realloc("(i32.const 0)")),
        ("its room is outside", Guest::agent().realloc("(i32.const -8)")),
        ("its room is not aligned", Guest::agent().realloc("(i32.const 32769)")),
        ("its room traps", Guest::agent().realloc("unreachable")),
        ("its room loops", Guest::agent().realloc("(loop $l (br $l)) (i32.const 0)")),
        (
            "it logs without end",
            Guest::agent().import(Interface::Log).does("call", &format!("{lines} (i32.const 960)")),
        ),
        (
            "it logs 300 long lines",
            Guest::agent().import(Interface::Log).does("call", &format!("{forty} (i32.const 960)")),
        ),
        ("it spends", spender()),
        (
            "its return traps",
            Guest::agent()
                .fields("(func (export \"post\") (param i32) unreachable)")
                .lift("call", "(post-return (core func $main \"post\"))"),
        ),
        (
            "its return loops",
            Guest::agent()
                .fields("(func (export \"post\") (param i32) (loop $l (br $l)))")
                .lift("call", "(post-return (core func $main \"post\"))"),
        ),
        (
            "its return is fine",
            Guest::agent()
                .fields("(func (export \"post\") (param i32))")
                .lift("call", "(post-return (core func $main \"post\"))"),
        ),
    ];
    let mut cases = Vec::new();
    for (name, agent) in &all {
        let plan = script(&[agent.clone(), counter()], "o0o1c0c1c0c1c0o0c2f0")
            .limits(|limits| limits.agent_fuel = 1_000_000);
        cases.push(Case::new(format!("agents/{name}"), plan));
        let plan = script(&[counter(), agent.clone()], "o0o1c0c1c1c0")
            .limits(|limits| limits.agent_fuel = 1_000_000);
        cases.push(Case::new(format!("agents/an opponent: {name}"), plan));
    }
    let module = wat::parse_str("(module)").unwrap();
    let nothing = wat::parse_str("(component)").unwrap();
    for (name, bytes) in [
        ("no wasm", b"#!/bin/sh".to_vec()),
        ("nothing at all", Vec::new()),
        ("a core module", module),
        ("a component without a call", nothing),
        ("a challenge", Guest::challenge().bytes().to_vec()),
    ] {
        let plan =
            Plan::score(&plays()).agent_bytes(bytes.clone().into()).agent(&counter()).config(&["o0o1c0c1f0"]);
        cases.push(Case::new(format!("agents/{name} in seat 0"), plan));
        let plan = Plan::score(&plays()).agent(&counter()).agent_bytes(bytes.into()).config(&["o0o1c0c1"]);
        cases.push(Case::new(format!("agents/{name} in seat 1"), plan));
    }
    cases
}
