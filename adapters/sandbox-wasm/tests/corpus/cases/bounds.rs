//! Memory, stack and fuel, at their limits and one step to both sides.

use super::{Boundary, Case, Given, answer, asks, keeps, plays};
use crate::plan::Plan;
use crate::text::Guest;

pub fn cases() -> Vec<Case> {
    let mut cases = growth();
    cases.extend(recursion());
    cases.extend(fuel());
    cases.extend(tables());
    cases
}

fn seeded(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

/// Grows by what the input says, and answers what it got, the new size, and the first and last bytes.
fn grower(memory: &str) -> Guest {
    let body = "(i32.store (i32.const 200) (memory.grow (i32.load (local.get $input)))) \
        (i32.store (i32.const 204) (memory.size)) \
        (i64.store (i32.const 208) (i64.load (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8))))";
    Guest::agent()
        .memory(memory)
        .does("call", &format!("{body}{}", answer("(i32.const 200)", "(i32.const 16)")))
}

fn growth() -> Vec<Case> {
    let mut cases = Vec::new();
    for (memory, pages) in [
        ("8", vec![0, 1, 55, 56, 57, 65_528, 65_536, u32::MAX]),
        ("8 10", vec![1, 2, 3, u32::MAX]),
        ("8 8", vec![0, 1]),
        ("64", vec![0, 1]),
        ("65", vec![0]),
        ("8 65536", vec![56, 57]),
    ] {
        for by in pages {
            let name = format!("growth/{memory} pages by {by}, 64 allowed");
            cases.push(Case::new(name, asks(&grower(memory)).seed(&seeded(by))));
        }
    }
    for (bytes, by) in [(8 << 16, 0), ((8 << 16) - 1, 0), ((9 << 16) - 1, 1), (9 << 16, 1), (1, 0)] {
        let plan = asks(&grower("8")).seed(&seeded(by)).limits(|limits| limits.agent_memory_bytes = bytes);
        cases.push(Case::new(format!("growth/8 pages by {by}, {bytes} bytes allowed"), plan));
    }
    let steps = "(local $n i32) (loop $more (br_if $more (i32.lt_u (local.tee $n (memory.grow (i32.const 1))) (i32.const 62)))) \
        (i32.store (i32.const 200) (local.get $n))";
    let guest =
        Guest::agent().does("call", &format!("{steps}{}", answer("(i32.const 200)", "(i32.const 4)")));
    cases.push(Case::new("growth/page by page to the limit", asks(&guest)));
    let limit =
        |bytes| move |limits: &mut agon_types::manifest::Limits| limits.challenge_memory_bytes = bytes;
    for bytes in [8 << 16, (8 << 16) - 1, (20 << 16) - 1, 20 << 16] {
        let guest =
            keeps().does("score", "(drop (memory.grow (i32.const 12))) (call $finish (global.get $start))");
        cases.push(Case::new(
            format!("growth/a challenge by 12 to {bytes}"),
            Plan::score(&guest).limits(limit(bytes)),
        ));
    }
    cases
}

/// Goes down as deep as the input says, in one of three ways.
fn diver() -> Guest {
    let locals: String = (0..60).map(|i| format!("(local $l{i} i64)")).collect();
    let sets: String =
        (0..60).map(|i| format!("(local.set $l{i} (i64.add (local.get 0) (i64.const {i})))")).collect();
    let sum = (0..60).fold("(i64.const 0)".to_owned(), |sum, i| format!("(i64.xor {sum} (local.get $l{i}))"));
    let leave = "(if (i64.eqz (local.get 0)) (then (return (i64.const 0))))";
    let less = "(i64.sub (local.get 0) (i64.const 1))";
    let fields = format!(
        "(type $dive (func (param i64) (result i64)))
        (func $slim (type $dive) {leave} (i64.add (i64.const 1) (call $slim {less})))
        (func $even (type $dive) {leave} (i64.add (i64.const 1) (call $odd {less})))
        (func $odd (type $dive) {leave} (i64.add (i64.const 1) (call $even {less})))
        (func $wide (type $dive) {locals} {leave} {sets} (i64.add (call $wide {less}) {sum}))
        (func $table (type $dive) {leave} (i64.add (i64.const 1) (call_indirect (type $dive) {less} (i32.const 3))))
        (table funcref (elem $slim $even $wide $table))"
    );
    let body = "(i64.store (i32.const 200) (call_indirect (type $dive) (i64.load32_u (local.get $input)) (i32.load offset=4 (local.get $input))))";
    Guest::agent()
        .fields(&fields)
        .does("call", &format!("{body}{}", answer("(i32.const 200)", "(i32.const 8)")))
}

fn recursion() -> Vec<Case> {
    let mut cases = Vec::new();
    let diver = diver();
    for (way, name) in [(0_u32, "slim"), (1, "two in turn"), (2, "wide"), (3, "through a table")] {
        for depth in [0_u32, 1, 100, 500, 2_000, 200_000] {
            let seed = [depth.to_le_bytes(), way.to_le_bytes()].concat();
            cases.push(Case::new(format!("recursion/{name} {depth}"), asks(&diver).seed(&seed)));
        }
    }
    // After its stack overflowed, an agent is not called again, and a new one is as good as the first.
    let seed = [200_000_u32.to_le_bytes(), [0; 4]].concat();
    let plan = Plan::score(&plays()).agent(&diver).config(&["o0c0c0o0c1f0"]).seed(&seed);
    cases.push(Case::new("recursion/again and again", plan));
    cases
}

/// Guests whose fuel is measured first, and then given again with one unit less, none and more.
fn fuel() -> Vec<Case> {
    let mut cases = Vec::new();
    let end = "(call $finish (global.get $start))";
    let challenges = [
        ("nothing", keeps().does("score", end)),
        ("a straight line", keeps().does("score", &format!("{}{end}", "(drop (i32.const 1))".repeat(50)))),
        ("a loop", keeps().does("score", &format!("{}{end}", counts("10000", "")))),
        (
            "calls",
            keeps().does("score", &format!("{}{end}", counts("1000", "(drop (call $same32 (f32.const 1)))"))),
        ),
        (
            "bulk memory",
            keeps().does(
                "score",
                &format!("(memory.fill (i32.const 131072) (i32.const 7) (i32.const 100000)){end}"),
            ),
        ),
        (
            "a kept page",
            keeps().does("score", "(call $finish (i32.add (global.get $start) (i32.const 65536)))"),
        ),
        ("growth", keeps().does("score", &format!("(drop (memory.grow (i32.const 5))){end}"))),
    ];
    for (name, guest) in challenges {
        for by in [-1, 0, 1] {
            cases.push(
                Case::new(format!("fuel/{name} {by:+}"), Plan::score(&guest)).at(Boundary::Challenge(by)),
            );
        }
        cases.push(Case::new(
            format!("fuel/{name} half"),
            Plan::score(&guest).limits(|limits| limits.challenge_fuel = 500),
        ));
    }
    let nothing = answer("(i32.const 0)", "(i32.const 0)");
    for (name, guest) in [
        ("an agent that answers", Guest::agent()),
        ("an agent that loops", Guest::agent().does("call", &format!("{}{nothing}", counts("10000", "")))),
        (
            "an agent that copies",
            Guest::agent().does(
                "call",
                &format!("(memory.copy (i32.const 131072) (i32.const 0) (i32.const 65536)){nothing}"),
            ),
        ),
    ] {
        for by in [-1, 0, 1] {
            cases.push(Case::new(format!("fuel/{name} {by:+}"), asks(&guest)).at(Boundary::Agent(by)));
        }
    }
    for count in [0, 1, 2, 1000, 1_000_000] {
        let guest = keeps().does("score", &format!("{}{end}", counts(&count.to_string(), "")));
        cases.push(Case::new(format!("fuel/{count} rounds"), Plan::score(&guest)));
    }
    cases
}

/// Does something so many times.
fn counts(times: &str, what: &str) -> String {
    format!(
        "(local $count i32) (block $out (loop $in (br_if $out (i32.ge_u (local.get $count) (i32.const {times}))) {what} \
         (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $in)))"
    )
}

fn tables() -> Vec<Case> {
    let table = |limits: &str, by: &str| {
        let body = format!(
            "(i32.store (i32.const 200) (table.grow $t (ref.null func) (i32.const {by}))) (i32.store (i32.const 204) (table.size $t))"
        );
        Guest::agent()
            .fields(&format!("(table $t {limits} funcref)"))
            .does("call", &format!("{body}{}", answer("(i32.const 200)", "(i32.const 8)")))
    };
    let grown = [
        ("0", "10000"),
        ("0", "10001"),
        ("10000", "0"),
        ("10000", "1"),
        ("10001", "0"),
        ("1 5", "4"),
        ("1 5", "5"),
        ("1", "-1"),
    ];
    let mut cases: Vec<Case> = grown
        .iter()
        .map(|(limits, by)| Case::new(format!("tables/{limits} by {by}"), asks(&table(limits, by))))
        .collect();
    for count in [1, 39, 40, 41] {
        let fields = "(table 1 funcref)".repeat(count);
        cases.push(Case::new(format!("tables/{count} of them"), asks(&Guest::agent().fields(&fields))));
    }
    for count in [10, 37, 38, 39, 60] {
        let extra = "(core module $more) ".to_owned() + &"(core instance (instantiate $more))".repeat(count);
        cases.push(Case::new(format!("instances/{count} more"), asks(&Guest::agent().extra(&extra))));
    }
    let body = format!(
        "(call_indirect (i32.const 1)) (call_indirect (i32.const 2)) (table.set (i32.const 1) (table.get (i32.const 2))) (call_indirect (i32.const 1)) {}",
        answer("(i32.const 200)", "(i32.const 4)")
    );
    let fields = "(func $one (i32.store (i32.const 200) (i32.add (i32.mul (i32.load (i32.const 200)) (i32.const 10)) (i32.const 1)))) \
        (func $two (i32.store (i32.const 200) (i32.add (i32.mul (i32.load (i32.const 200)) (i32.const 10)) (i32.const 2)))) \
        (table funcref (elem $two $one $two))";
    cases.push(Case::new(
        "tables/a place that changes",
        asks(&Guest::agent().fields(fields).does("call", &body)),
    ));
    cases
}
