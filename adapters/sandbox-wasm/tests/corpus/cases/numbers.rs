//! Every operation on numbers over its special values.

use super::{Case, KEEPS, keeps};
use crate::plan::Plan;
use crate::text::{DATA, Guest, escaped};
use std::fmt::Write;

/// A kind of number: how much it takes, and its special values.
struct Kind {
    name: &'static str,
    bytes: usize,
    values: Vec<u8>,
}

const F32: [u32; 26] = [
    0x0000_0000,
    0x8000_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x3f00_0000,
    0xbf00_0000,
    0x3fc0_0000,
    0x4020_0000,
    0xc020_0000,
    0x0000_0001,
    0x807f_ffff,
    0x0080_0000,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffc0_0000,
    0x7f80_0001,
    0xffa0_1234,
    0x7fff_ffff,
    0x4b00_0001,
    0x4f00_0000,
    0xcf00_0000,
    0x5f80_0000,
    0x4049_0fdb,
];

const F64: [u64; 26] = [
    0x0000_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x3fe0_0000_0000_0000,
    0xbfe0_0000_0000_0000,
    0x3ff8_0000_0000_0000,
    0x4004_0000_0000_0000,
    0xc004_0000_0000_0000,
    0x0000_0000_0000_0001,
    0x800f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_0000,
    0x7ff0_0000_0000_0001,
    0xfff4_0000_1234_5678,
    0x7fff_ffff_ffff_ffff,
    0x4330_0000_0000_0001,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0000_0000,
    0x43f0_0000_0000_0000,
    0x4009_21fb_5444_2d18,
];

const I64: [u64; 16] = [
    0,
    1,
    2,
    7,
    31,
    32,
    33,
    63,
    64,
    0x7f,
    0x8000,
    0x7fff_ffff,
    0x8000_0000_8000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

fn f32() -> Kind {
    Kind { name: "f32", bytes: 4, values: F32.iter().flat_map(|value| value.to_le_bytes()).collect() }
}

fn f64() -> Kind {
    Kind { name: "f64", bytes: 8, values: F64.iter().flat_map(|value| value.to_le_bytes()).collect() }
}

fn i32() -> Kind {
    Kind {
        name: "i32",
        bytes: 4,
        values: I64.iter().flat_map(|value| (*value as u32).to_le_bytes()).collect(),
    }
}

fn i64() -> Kind {
    Kind { name: "i64", bytes: 8, values: I64.iter().flat_map(|value| value.to_le_bytes()).collect() }
}

/// The special values of every lane, in all lanes of a few vectors.
fn v128() -> Kind {
    let lanes = F32.iter().flat_map(|value| value.to_le_bytes());
    let lanes = lanes.chain(F64.iter().flat_map(|value| value.to_le_bytes()));
    let lanes = lanes.chain(I64.iter().flat_map(|value| value.to_le_bytes()));
    let mut values: Vec<u8> = lanes.collect();
    values.truncate(values.len() / 16 * 16);
    Kind { name: "v128", bytes: 16, values }
}

/// One operation, as a table has it.
struct Operation {
    /// What is computed of `(A)` and `(B)`, both loaded.
    text: String,
    operands: usize,
    result: &'static str,
}

fn operations(kind: &str, operands: usize, result: &'static str, names: &str) -> Vec<(String, Operation)> {
    let names = names.split_whitespace();
    let text = |name: &str| match operands {
        1 => format!("({name} (A))"),
        _ => format!("({name} (A) (B))"),
    };
    let named = |name: &str| if name.contains('.') { name.to_owned() } else { format!("{kind}.{name}") };
    names.map(|name| (named(name), Operation { text: text(&named(name)), operands, result })).collect()
}

/// Applies an operation to every value, or to every pair of values, and keeps all results.
fn sweep(kind: &Kind, operation: &Operation) -> Guest {
    let Kind { name, bytes, values } = kind;
    let load = |index: &str| {
        format!("({name}.load offset={DATA} (i32.mul (local.get {index}) (i32.const {bytes})))")
    };
    let text = operation.text.replace("(A)", &load("$i")).replace("(B)", &load("$j"));
    let (result, count) = (operation.result, values.len() / bytes);
    let step = match result {
        "v128" => 16,
        "i64" | "f64" => 8,
        _ => 4,
    };
    let store = format!(
        "({result}.store (local.get $out) {text}) (local.set $out (i32.add (local.get $out) (i32.const {step})))"
    );
    let next = |index: &str, label: &str| {
        format!(
            "(br_if {label} (i32.lt_u (local.tee {index} (i32.add (local.get {index}) (i32.const 1))) (i32.const {count})))"
        )
    };
    let inner = match operation.operands {
        1 => store,
        _ => format!("(local.set $j (i32.const 0)) (loop $inner {store} {})", next("$j", "$inner")),
    };
    let mut body = String::from("(local $i i32) (local $j i32) (local $out i32)");
    let _ =
        write!(body, "(local.set $out (global.get $start)) (loop $outer {inner} {})", next("$i", "$outer"));
    body.push_str("(call $finish (local.get $out))");
    keeps().fields(&format!("(data (i32.const {DATA}) \"{}\")", escaped(values))).does("score", &body)
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |kind: &Kind, operations: Vec<(String, Operation)>| {
        for (name, operation) in operations {
            cases.push(Case::new(format!("numbers/{name}"), Plan::score(&sweep(kind, &operation))));
        }
    };
    for kind in [f32(), f64()] {
        let name = kind.name;
        add(&kind, operations(name, 1, name, "abs neg ceil floor trunc nearest sqrt"));
        add(&kind, operations(name, 2, name, "add sub mul div min max copysign"));
        add(&kind, operations(name, 2, "i32", "eq ne lt gt le ge"));
    }
    for kind in [i32(), i64()] {
        let name = kind.name;
        add(&kind, operations(name, 1, name, "clz ctz popcnt extend8_s extend16_s"));
        add(&kind, operations(name, 2, name, "add sub mul and or xor shl shr_s shr_u rotl rotr"));
        add(&kind, operations(name, 1, "i32", "eqz"));
        add(&kind, operations(name, 2, "i32", "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"));
    }
    conversions(&mut add);
    vectors(&mut add);
    passages(&mut add);
    cases
}

fn conversions(add: &mut impl FnMut(&Kind, Vec<(String, Operation)>)) {
    let saturating = |to: &str, from: &str| format!("{to}.trunc_sat_{from}_s {to}.trunc_sat_{from}_u");
    for (from, kind) in [("f32", f32()), ("f64", f64())] {
        add(&kind, operations("", 1, "i32", &saturating("i32", from)));
        add(&kind, operations("", 1, "i64", &saturating("i64", from)));
    }
    for (from, kind) in [("i32", i32()), ("i64", i64())] {
        add(&kind, operations("", 1, "f32", &format!("f32.convert_{from}_s f32.convert_{from}_u")));
        add(&kind, operations("", 1, "f64", &format!("f64.convert_{from}_s f64.convert_{from}_u")));
    }
    add(&f32(), operations("", 1, "f64", "f64.promote_f32"));
    add(&f64(), operations("", 1, "f32", "f32.demote_f64"));
    add(&f32(), operations("", 1, "i32", "i32.reinterpret_f32"));
    add(&f64(), operations("", 1, "i64", "i64.reinterpret_f64"));
    add(&i32(), operations("", 1, "f32", "f32.reinterpret_i32"));
    add(&i64(), operations("", 1, "f64", "f64.reinterpret_i64"));
    add(&i64(), operations("", 1, "i32", "i32.wrap_i64"));
    add(&i64(), operations("", 1, "i64", "i64.extend32_s"));
    add(&i32(), operations("", 1, "i64", "i64.extend_i32_s i64.extend_i32_u"));
}

fn vectors(add: &mut impl FnMut(&Kind, Vec<(String, Operation)>)) {
    let kind = v128();
    for lane in ["f32x4", "f64x2"] {
        add(&kind, operations(lane, 1, "v128", "abs neg sqrt ceil floor trunc nearest"));
        add(&kind, operations(lane, 2, "v128", "add sub mul div min max pmin pmax eq lt ge"));
    }
    for lane in ["i8x16", "i16x8", "i32x4", "i64x2"] {
        add(&kind, operations(lane, 1, "v128", "abs neg"));
        add(&kind, operations(lane, 2, "v128", "add sub eq gt_s"));
        add(&kind, operations(lane, 1, "i32", "all_true bitmask"));
    }
    add(
        &kind,
        operations("i8x16", 2, "v128", "add_sat_s sub_sat_u avgr_u min_s max_u swizzle narrow_i16x8_s"),
    );
    add(&kind, operations("i16x8", 2, "v128", "mul q15mulr_sat_s narrow_i32x4_u extmul_high_i8x16_s"));
    add(&kind, operations("i32x4", 2, "v128", "mul dot_i16x8_s min_u"));
    add(&kind, operations("i64x2", 2, "v128", "mul extmul_low_i32x4_u"));
    add(&kind, operations("", 1, "v128", "i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f64x2_u_zero"));
    add(
        &kind,
        operations("", 1, "v128", "f32x4.convert_i32x4_u f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"),
    );
    add(&kind, operations("", 1, "v128", "i8x16.popcnt v128.not i32x4.extadd_pairwise_i16x8_s"));
}

/// What a number meets on its way without being computed with: calls, locals, globals, choices, lanes.
fn passages(add: &mut impl FnMut(&Kind, Vec<(String, Operation)>)) {
    let way = |name: &str, text: &str, result| {
        (name.to_owned(), Operation { text: text.to_owned(), operands: 1, result })
    };
    add(
        &f32(),
        vec![
            way("f32 through a choice", "(select (A) (f32.const 1) (i32.const 1))", "f32"),
            way("f32 through a splat", "(f32x4.extract_lane 2 (f32x4.splat (A)))", "f32"),
            way("f32 through a call", "(call $same32 (A))", "f32"),
            way("f32 through f64 and back", "(f32.demote_f64 (f64.promote_f32 (A)))", "f32"),
            way("f32 squared less itself", "(f32.sub (f32.mul (A) (A)) (A))", "f32"),
        ],
    );
    add(
        &f64(),
        vec![
            way("f64 through a choice", "(select (A) (f64.const 1) (i32.const 1))", "f64"),
            way("f64 through a call", "(call $same64 (A))", "f64"),
            way("f64 over itself", "(f64.div (A) (A))", "f64"),
            way("f64 root of the square", "(f64.sqrt (f64.mul (A) (A)))", "f64"),
        ],
    );
    debug_assert!(KEEPS.contains("$same64"));
}
