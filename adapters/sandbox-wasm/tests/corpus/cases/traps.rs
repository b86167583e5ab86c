//! Every way in which a machine stops, in agents and in each phase of a challenge.

use super::{Case, Given, asks};
use crate::plan::Plan;
use crate::text::Guest;
use std::fmt::Write;

/// What a deed computes of the two numbers `(A)` and `(B)` of its input.
fn deeds() -> Vec<(String, &'static str, String)> {
    let mut deeds = Vec::new();
    for name in ["div_s", "div_u", "rem_s", "rem_u"] {
        deeds.push((format!("i32.{name}"), "i32", format!("(i64.extend_i32_u (i32.{name} (A) (B)))")));
        deeds.push((format!("i64.{name}"), "i64", format!("(i64.{name} (A) (B))")));
    }
    for from in ["f32", "f64"] {
        for sign in ["s", "u"] {
            deeds.push((
                format!("i32.trunc_{from}_{sign}"),
                from,
                format!("(i64.extend_i32_u (i32.trunc_{from}_{sign} (A)))"),
            ));
            deeds.push((format!("i64.trunc_{from}_{sign}"), from, format!("(i64.trunc_{from}_{sign} (A))")));
        }
    }
    deeds
}

/// An agent with a table of deeds; the byte after the two numbers says which.
fn doer(deeds: &[(String, &str, String)]) -> Guest {
    let mut fields = String::from("(type $deed (func (param i32) (result i64)))");
    for (i, (_, kind, text)) in deeds.iter().enumerate() {
        let text = text.replace("(A)", &format!("({kind}.load (local.get 0))"));
        let text = text.replace("(B)", &format!("({kind}.load offset=8 (local.get 0))"));
        let _ = writeln!(fields, "(func $deed{i} (type $deed) {text})");
    }
    let names: String = (0..deeds.len()).map(|i| format!(" $deed{i}")).collect();
    let _ = write!(fields, "(table funcref (elem{names}))");
    let body = "(i64.store (i32.const 200) (call_indirect (type $deed) (local.get $input) (i32.load8_u offset=16 (local.get $input))))";
    Guest::agent()
        .fields(&fields)
        .does("call", &format!("{body}{}", super::answer("(i32.const 200)", "(i32.const 8)")))
}

/// The two numbers and the deed, as the seed has them.
fn input(a: u64, b: u64, deed: usize) -> [u8; 17] {
    let mut input = [0; 17];
    input[..8].copy_from_slice(&a.to_le_bytes());
    input[8..16].copy_from_slice(&b.to_le_bytes());
    input[16] = deed as u8;
    input
}

/// Numbers at the edge of what an operation can do.
fn edges(kind: &str) -> Vec<(u64, u64)> {
    let single = |value: f32| (u64::from(value.to_bits()), 0);
    let double = |value: f64| (value.to_bits(), 0);
    match kind {
        "i32" => vec![(7, 0), (0x8000_0000, 0xffff_ffff), (0x8000_0000, 1), (0xffff_fff9, 2), (0, 7)],
        "i64" => vec![(7, 0), (1 << 63, u64::MAX), (1 << 63, 1), (-7_i64 as u64, 2), (0, 7)],
        "f32" => vec![
            single(f32::NAN),
            (0x7f80_0001, 0),
            single(f32::NEG_INFINITY),
            single(2_147_483_648.0),
            single(-0.99),
            single(4_294_967_296.0),
            single(9_223_372_036_854_775_808.0),
        ],
        _ => vec![
            double(f64::NAN),
            double(f64::INFINITY),
            double(2_147_483_647.9),
            double(-2_147_483_649.0),
            double(4_294_967_295.9),
            double(18_446_744_073_709_551_616.0),
            double(-0.99),
        ],
    }
}

/// What an agent may not do, and what it only just may.
const STOPS: [(&str, &str); 28] = [
    ("unreachable", "(unreachable)"),
    ("endless loop", "(loop $l (br $l)) (i64.const 0)"),
    ("endless recursion", "(call $down (i64.const -1))"),
    ("load of the last bytes", "(i64.load (i32.const 524280))"),
    ("load over the end", "(i64.load (i32.const 524281))"),
    ("load far away", "(i64.load offset=4294967295 (i32.const -1))"),
    ("load of a byte at the end", "(i64.load8_u (i32.const 524288))"),
    ("unaligned load", "(i64.load align=8 (i32.const 201))"),
    ("store over the end", "(i64.store (i32.const 524284) (i64.const 1)) (i64.const 0)"),
    (
        "store that spans the end leaves nothing",
        "(i64.store (i32.const 524281) (i64.const -1)) (i64.load (i32.const 524280))",
    ),
    ("vector over the end", "(i64x2.extract_lane 0 (v128.load (i32.const 524273)))"),
    ("fill over the end", "(memory.fill (i32.const 524287) (i32.const 1) (i32.const 2)) (i64.const 0)"),
    (
        "fill of nothing at the end",
        "(memory.fill (i32.const 524288) (i32.const 1) (i32.const 0)) (i64.const 1)",
    ),
    ("copy over the end", "(memory.copy (i32.const 0) (i32.const 524287) (i32.const 2)) (i64.const 0)"),
    (
        "copy over itself",
        "(memory.init $eight (i32.const 300) (i32.const 0) (i32.const 8)) (memory.copy (i32.const 302) (i32.const 300) (i32.const 6)) (i64.load (i32.const 300))",
    ),
    ("data over its end", "(memory.init $eight (i32.const 300) (i32.const 4) (i32.const 5)) (i64.const 0)"),
    (
        "data after its drop",
        "(data.drop $eight) (memory.init $eight (i32.const 300) (i32.const 0) (i32.const 1)) (i64.const 0)",
    ),
    (
        "nothing of data after its drop",
        "(data.drop $eight) (memory.init $eight (i32.const 300) (i32.const 0) (i32.const 0)) (i64.const 2)",
    ),
    ("call of an empty place", "(call_indirect $t (type $other) (i32.const 1))"),
    ("call beyond the table", "(call_indirect $t (type $other) (i32.const 100))"),
    ("call of another type", "(call_indirect $t (type $other) (i32.const 0))"),
    ("table.get beyond the table", "(drop (table.get $t (i32.const 10))) (i64.const 0)"),
    ("table.set beyond the table", "(table.set $t (i32.const 10) (ref.null func)) (i64.const 0)"),
    ("table.fill over the end", "(table.fill $t (i32.const 9) (ref.null func) (i32.const 2)) (i64.const 0)"),
    (
        "table.init over the end",
        "(table.init $t $list (i32.const 9) (i32.const 0) (i32.const 2)) (i64.const 0)",
    ),
    (
        "elements after their drop",
        "(elem.drop $list) (table.init $t $list (i32.const 0) (i32.const 0) (i32.const 1)) (i64.const 0)",
    ),
    ("table.copy over the end", "(table.copy $t $t (i32.const 0) (i32.const 9) (i32.const 2)) (i64.const 0)"),
    ("conversion without a number", "(i64.trunc_f64_s (f64.const nan:0x4000000000000))"),
];

fn stops() -> Guest {
    let deeds: Vec<_> =
        STOPS.iter().map(|(name, text)| ((*name).to_owned(), "i64", (*text).to_owned())).collect();
    doer(&deeds).fields(
        r#"(type $other (func (param) (result i64)))
        (table $t 10 20 funcref) (elem $list func $down $down)
        (elem (table $t) (i32.const 0) func $down)
        (data $eight "\01\02\03\04\05\06\07\08")
        (func $down (param i64) (result i64)
          (if (i64.eqz (local.get 0)) (then (return (i64.const 5))))
          (i64.add (i64.const 1) (call $down (i64.sub (local.get 0) (i64.const 1)))))"#,
    )
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let deeds = deeds();
    let numbers = doer(&deeds);
    for (i, (name, kind, _)) in deeds.iter().enumerate() {
        for (k, (a, b)) in edges(kind).into_iter().enumerate() {
            cases.push(Case::new(format!("traps/{name}/{k}"), asks(&numbers).seed(&input(a, b, i))));
        }
    }
    let stops = stops();
    for (i, (name, _)) in STOPS.iter().enumerate() {
        let plan = asks(&stops).seed(&input(0, 0, i)).limits(|limits| limits.agent_fuel = 1_000_000);
        cases.push(Case::new(format!("traps/{name}"), plan));
    }
    cases.extend(in_phases());
    cases
}

/// The same in the challenge itself.
fn in_phases() -> Vec<Case> {
    let mut cases = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        for (name, body) in [
            ("unreachable", "(unreachable)"),
            ("an endless loop", "(loop $l (br $l)) (i32.const 0)"),
            ("memory it has not", "(i32.load (i32.const -4))"),
            ("growth above its limit", "(drop (memory.grow (i32.const 600))) (i32.const 960)"),
            ("an answer outside its memory", "(i32.const 524288)"),
            ("an answer that is not aligned", "(i32.const 961)"),
        ] {
            let guest = Guest::challenge().does(phase, body);
            let plan = Plan::of(phase, &guest).limits(|limits| limits.challenge_fuel = 1_000_000);
            cases.push(Case::new(format!("traps/{phase}: {name}"), plan));
        }
        let start = Guest::challenge().fields("(func $go (loop $l (br $l))) (start $go)");
        let plan = Plan::of(phase, &start).limits(|limits| limits.challenge_fuel = 1_000_000);
        cases.push(Case::new(format!("traps/{phase}: a loop at the start"), plan));
    }
    cases
}
