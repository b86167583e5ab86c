//! Components that are large in one way, and whatever takes a compiler long.

use super::{Attack, Ends};
use crate::text::Guest;
use agon_port::sandbox::Role;
use std::sync::Arc;

type Made = (Role, Arc<[u8]>);

fn agent(guest: &Guest) -> Made {
    (Role::Agent, guest.bytes())
}

/// A component of nothing but a module of these fields, beside what its world demands.
fn module(fields: &str) -> Made {
    agent(&Guest::agent().extra(&format!("(core module $more {fields})")))
}

fn many(count: u32, one: impl Fn(u32) -> String) -> String {
    (0..count).map(one).collect()
}

/// So many components, each of which holds the one before it twice.
fn doubling(depth: u32) -> Made {
    let mut text = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..=depth {
        let below = level - 1;
        text = format!(
            "(component $c{level} {text} (instance (instantiate $c{below})) (instance (instantiate $c{below})))"
        );
    }
    agent(&Guest::agent().extra(&format!("{text} (instance (instantiate $c{depth}))")))
}

fn nested(depth: usize) -> Made {
    agent(&Guest::agent().extra(&("(component ".repeat(depth) + &")".repeat(depth))))
}

/// A section that no machine reads, after all others.
fn padded(bytes: usize) -> Made {
    let mut component = Guest::agent().bytes().to_vec();
    component.push(0);
    let mut left = bytes + 2;
    while left >= 128 {
        component.push(left as u8 & 127 | 128);
        left >>= 7;
    }
    component.extend([left as u8, 1, b'x']);
    component.resize(component.len() + bytes, 0);
    (Role::Agent, component.into())
}

/// A body of a function that branches into itself in every way.
fn tangle(blocks: u32, locals: u32) -> String {
    let open = many(blocks, |i| format!("(block $b{i} (loop $l{i} "));
    let step = |i: u32| {
        let (a, b) = (i % locals, (i * 7 + 3) % locals);
        format!(
            "(local.set $v{a} (i64.add (local.get $v{b}) (i64.const {i}))) (br_if $l{i} (i64.eqz (local.get $v{a}))) (br_if $b{i} (i64.eqz (local.get $v{b}))) ))"
        )
    };
    let steps: String = (0..blocks).rev().map(step).collect();
    format!("(func (export \"f\") {} {open} {steps})", many(locals, |i| format!("(local $v{i} i64)")))
}

/// So many branches, each with so many ways to all blocks around it.
fn branches(count: u32, ways: u32) -> Made {
    let one =
        |k: u32| format!("(br_table {} 0 (local.get 0)))", many(ways, |i| format!("{} ", i % (count - k))));
    let open = "(block ".repeat(count as usize);
    module(&format!("(func (param i32) {open} {})", many(count, one)))
}

/// So many functions, of which every ninth is exported, so that none can be left out.
fn functions(count: u32) -> Made {
    let export = |i: u32| if i.is_multiple_of(9) { format!("(export \"f{i}\")") } else { String::new() };
    module(&many(count, |i| format!("(func {} (result i32) (i32.const {i}))", export(i))))
}

fn attack(name: &str, ends: Ends, make: fn() -> Made) -> Attack {
    Attack::load(name, ends, make).within(90_000)
}

pub fn attacks() -> Vec<Attack> {
    let mut attacks = modules();
    attacks.extend(components());
    attacks.extend(bytes());
    attacks.extend(compilations());
    attacks
}

/// Too many of one thing in a core module.
fn modules() -> Vec<Attack> {
    let counted = Ends::Invalid("");
    vec![
        attack("200,000 functions", counted, || module(&"(func)".repeat(200_000))),
        attack("25,000 imports", counted, || {
            module(&many(25_000, |i| format!("(import \"\" \"{i}\" (func))")))
        }),
        attack("25,000 exports", counted, || {
            module(&format!("(func $f) {}", many(25_000, |i| format!("(export \"{i}\" (func $f))"))))
        }),
        attack("25,000 globals", counted, || module(&"(global i32 (i32.const 0))".repeat(25_000))),
        attack("25,000 types", counted, || {
            module(&many(25_000, |i| format!("(type (func (param {})))", "i32 ".repeat(i as usize % 50))))
        }),
        attack("60,000 locals in a function", counted, || {
            module(&format!("(func (local {}))", "i64 ".repeat(60_000)))
        }),
        attack("a function of 2 MiB", counted, || {
            module(&format!("(func {})", "(drop (i32.const 1))".repeat(700_000)))
        }),
        attack("2,000 parameters", counted, || module(&format!("(func (param {}))", "i32 ".repeat(2000)))),
        attack("150,000 pieces of data", counted, || {
            module(&format!("(memory 1) {}", "(data \"\")".repeat(150_000)))
        }),
        attack("150,000 lists of elements", counted, || module(&"(elem func)".repeat(150_000))),
        attack("a table of 20,000", counted, || agent(&Guest::agent().fields("(table 20000 funcref)"))),
        attack("a table of 4,000,000,000", counted, || {
            agent(&Guest::agent().fields("(table 4000000000 funcref)"))
        }),
        attack("41 tables", counted, || agent(&Guest::agent().fields(&"(table 1 funcref)".repeat(41)))),
    ]
}

/// Too many of one thing in a component.
fn components() -> Vec<Attack> {
    let counted = Ends::Invalid("");
    vec![
        attack("41 instances", counted, || {
            agent(
                &Guest::agent()
                    .extra(&format!("(core module $x) {}", "(core instance (instantiate $x))".repeat(41))),
            )
        }),
        attack("101 modules", counted, || agent(&Guest::agent().extra(&"(core module)".repeat(101)))),
        attack("two memories in two modules", counted, || {
            agent(&Guest::agent().extra("(core module $x (memory 1)) (core instance (instantiate $x))"))
        }),
        attack("150 components", counted, || agent(&Guest::agent().extra(&"(component)".repeat(150)))),
        attack("components 90 deep", Ends::Loaded, || nested(90)),
        attack("11,000 instances of a component", counted, || {
            agent(
                &Guest::agent()
                    .extra(&format!("(component $x) {}", "(instance (instantiate $x))".repeat(11_000))),
            )
        }),
        attack("a component that doubles 10 times", counted, || doubling(10)),
        attack("a component that doubles 30 times", Ends::TooCostly, || doubling(30)),
        attack("a component that doubles 90 times", Ends::TooCostly, || doubling(90)),
    ]
}

/// Too long.
fn bytes() -> Vec<Attack> {
    let counted = Ends::Invalid("");
    vec![
        attack("a name of 200,000 bytes", counted, || {
            module(&format!("(func (export \"{}\"))", "n".repeat(200_000)))
        }),
        attack("an import with a name of 50,000 bytes", Ends::ForbiddenImport, || {
            agent(&Guest::agent().extra(&format!("(import \"{}\" (func))", "n".repeat(50_000))))
        }),
        attack("60 MiB that no machine reads", Ends::Loaded, || padded(60 << 20)),
        attack("more than an artifact may have", counted, || padded(64 << 20)),
        attack("40 MiB of data", Ends::Loaded, || module(&format!("(data \"{}\")", "x".repeat(40 << 20)))),
        attack("data that a memory cannot hold", Ends::Loaded, || {
            agent(&Guest::agent().fields("(data (i32.const -1) \"abc\")"))
        }),
    ]
}

/// What takes a compiler long.
fn compilations() -> Vec<Attack> {
    let counted = Ends::Invalid("");
    vec![
        attack("a type of types of types", counted, || {
            let types = many(60, |i| format!("(type $t{} (tuple $t{i} $t{i} $t{i}))", i + 1));
            agent(&Guest::agent().extra(&format!("(type $t0 (tuple u8 u8)) {types}")))
        }),
        attack("a type that is 5,000 deep", counted, || {
            let types = many(5_000, |i| format!("(type $t{} (list $t{i}))", i + 1));
            agent(&Guest::agent().extra(&format!("(type $t0 (list u8)) {types}")))
        }),
        attack("blocks 300 deep", Ends::Loaded, || module(&tangle(300, 50))),
        attack("a branch of 100,000 ways", counted, || branches(1, 100_000)),
        attack("30 branches of 300 ways", Ends::Loaded, || branches(30, 300)),
        attack("9,000 functions", Ends::Loaded, || functions(9_000)),
        attack("30 functions of the costliest kind", Ends::TooCostly, || {
            module(&tangle(4_000, 2_000).replace("(export \"f\")", "").repeat(30))
        }),
    ]
}
