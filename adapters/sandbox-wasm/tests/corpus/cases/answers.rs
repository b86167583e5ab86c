//! What guests hand over: sizes at their limits, words, tags, and orders that only a guest decides.

use super::{Case, Given, RESULT, answer, asks, keeps};
use crate::plan::Plan;
use crate::text::{DATA, Guest, OUT, escaped};
use agon_types::limits::RECORDING_BYTES_MAX;

pub fn cases() -> Vec<Case> {
    let mut cases = outputs();
    cases.extend(words());
    cases.extend(outcomes());
    cases.extend(public());
    cases.extend(weights());
    cases.extend(orders());
    cases
}

fn outputs() -> Vec<Case> {
    let size = |bytes: u32| {
        Guest::agent().does("call", &answer("(i32.const 131072)", &format!("(i32.const {bytes})")))
    };
    let mut cases = Vec::new();
    for (bytes, limit) in [
        (0, 1),
        (1, 1),
        (2, 1),
        (100, 100),
        (101, 100),
        (65_535, 100),
        (65_536, 100),
        (65_537, 100),
        (99_999, 100_000),
        (100_000, 100_000),
        (100_001, 100_000),
        (393_216, 100_000),
        (393_216, 1 << 20),
        (393_217, 1 << 20),
        (u32::MAX, 1 << 20),
    ] {
        let plan = asks(&size(bytes)).limits(|limits| limits.agent_output_bytes = limit);
        cases.push(Case::new(format!("outputs/{bytes} of {limit}"), plan));
    }
    for bytes in [0, 1, RECORDING_BYTES_MAX - 8, RECORDING_BYTES_MAX - 7, RECORDING_BYTES_MAX] {
        let body = format!(
            "(memory.fill (i32.const {OUT}) (i32.const 77) (i32.const {bytes})) \
             (i32.store offset=4 (i32.const {RESULT}) (i32.const {OUT})) (i32.store offset=8 (i32.const {RESULT}) (i32.const {bytes})) (i32.const {RESULT})"
        );
        let guest = Guest::challenge().memory("70").does("observe", &body);
        cases.push(Case::new(format!("outputs/a recording around {bytes}"), Plan::of("observe", &guest)));
    }
    let large = "(call $finish (i32.add (global.get $start) (i32.const BYTES)))";
    for (bytes, limit) in [(1 << 20, 1 << 20), ((1 << 20) + 1, 1 << 20), (0, 0), (1, 0)] {
        let guest = keeps().memory("40").does("score", &large.replace("BYTES", &bytes.to_string()));
        let plan = Plan::score(&guest).grants(|grants| grants.kept_bytes_max = limit);
        cases.push(Case::new(format!("outputs/{bytes} kept of {limit}"), plan));
    }
    for pieces in [8, 9] {
        let body = "(drop (call $finish (i32.add (global.get $start) (i32.const 5))))".repeat(pieces - 1);
        let guest = keeps().does("score", &format!("{body}(call $finish (global.get $start))"));
        cases.push(Case::new(format!("outputs/{pieces} pieces kept"), Plan::score(&guest)));
    }
    cases
}

/// Strings that an agent gives up with.
fn words() -> Vec<Case> {
    let long = |text: &str, times| text.repeat(times).into_bytes();
    let words: [(&str, Vec<u8>); 16] = [
        ("nothing", Vec::new()),
        ("a few", b"too hard!".to_vec()),
        ("255 bytes", long("x", 255)),
        ("256 bytes", long("x", 256)),
        ("257 bytes", long("x", 257)),
        ("a character over the end", [long("x", 255), long("\u{e4}", 3)].concat()),
        ("wide characters", long("\u{1f600}", 100)),
        ("control characters", b"a\nb\r\0c\x1b[2J\x7f\xc2\x85d".to_vec()),
        ("marks that turn text around", "a\u{202e}b\u{200b}c\u{feff}d".as_bytes().to_vec()),
        ("no text", vec![0xff, 0xfe]),
        ("half a character", vec![b'a', 0xc3]),
        ("half a pair", vec![0xed, 0xa0, 0x80]),
        ("a zero too long", vec![0xc0, 0x80]),
        ("above the last character", vec![0xf4, 0x90, 0x80, 0x80]),
        ("no text after 256 bytes", [long("x", 300), vec![0xff]].concat()),
        ("the last character", vec![0xf4, 0x8f, 0xbf, 0xbf]),
    ];
    let mut cases = Vec::new();
    for (name, bytes) in &words {
        let data = format!("(data (i32.const {DATA}) \"{}\")", escaped(bytes));
        let place = format!("(i32.const {DATA})");
        let body = answer(&place, &format!("(i32.const {})", bytes.len()));
        let gives_up = body.replacen("(i32.const 0))", "(i32.const 1))", 1);
        cases.push(Case::new(
            format!("words/{name}"),
            asks(&Guest::agent().fields(&data).does("call", &gives_up)),
        ));
    }
    for tag in [2, 255] {
        let body = answer("(i32.const 0)", "(i32.const 0)").replacen(
            "(i32.const 0))",
            &format!("(i32.const {tag}))"),
            1,
        );
        cases.push(Case::new(format!("words/the tag {tag}"), asks(&Guest::agent().does("call", &body))));
    }
    for (option, name) in [("string-encoding=utf16", "utf-16"), ("string-encoding=latin1+utf16", "latin-1")] {
        let body = answer("(i32.const 880)", "(i32.const 5)").replacen("(i32.const 0))", "(i32.const 1))", 1);
        let guest = Guest::agent()
            .lift("call", option)
            .fields("(data (i32.const 880) \"a\\00b\\00\\e4\\00\\00\\d8\\00\\dc\")");
        let plan = asks(&guest.does("call", &body)).config(&["o0c0", "m\u{e4}\u{1f600}"]);
        cases.push(Case::new(format!("words/in {name}"), plan));
    }
    cases
}

/// What a challenge says of an agent.
fn outcomes() -> Vec<Case> {
    let mut cases = Vec::new();
    let says = |tag: u32, first: u32, second: u32, third: u32| {
        let word = |offset: u32, value: u32| {
            format!("(i32.store offset={offset} (i32.const {RESULT}) (i32.const {value}))")
        };
        let body =
            [word(0, tag), word(4, first), word(8, second), word(12, third), format!("(i32.const {RESULT})")];
        let metric = |value: u64| {
            [DATA.to_le_bytes().to_vec(), vec![4, 0, 0, 0], value.to_le_bytes().to_vec()].concat()
        };
        let metrics: Vec<u8> = (0..20).flat_map(|i| metric((u64::MAX / 3).wrapping_mul(i))).collect();
        let data =
            format!("(data (i32.const {DATA}) \"name\") (data (i32.const 2048) \"{}\")", escaped(&metrics));
        Plan::score(&Guest::challenge().fields(&data).does("score", &body.concat()))
    };
    for score in [0, 1, 999_999_999, 1_000_000_000, 1_000_000_001, u32::MAX] {
        cases.push(Case::new(format!("outcomes/the score {score}"), says(0, score, 0, 0)));
    }
    for metrics in [1, 2, 16, 17, 1_000_000] {
        cases.push(Case::new(format!("outcomes/{metrics} metrics"), says(0, 5, 2048, metrics)));
    }
    for reason in 0..10 {
        cases.push(Case::new(format!("outcomes/the reason {reason}"), says(1, reason, DATA, 4)));
    }
    for bytes in [0, 1, 32, 33] {
        let data = format!(
            "(data (i32.const 2048) \"{}\")",
            escaped(&[4096_u32.to_le_bytes(), [bytes, 0, 0, 0], [9; 4], [255; 4]].concat())
        );
        let body = format!(
            "(memory.fill (i32.const 4096) (i32.const 120) (i32.const 64)) (i32.store offset=8 (i32.const {RESULT}) (i32.const 2048)) \
             (i32.store offset=12 (i32.const {RESULT}) (i32.const 1)) (i32.const {RESULT})"
        );
        let plan = Plan::score(&Guest::challenge().fields(&data).does("score", &body));
        cases.push(Case::new(format!("outcomes/a name of {bytes}"), plan));
    }
    for (observed, name) in [(vec![], "nothing"), (vec![1, 2, 3], "three bytes"), (vec![9; 70_000], "much")] {
        let body = "(memory.copy (global.get $start) (local.get $observed) (local.get $observed_bytes)) \
            (call $finish (i32.add (global.get $start) (local.get $observed_bytes)))";
        let guest = keeps().does("score", body);
        cases.push(Case::new(format!("outcomes/{name} observed"), Plan::score(&guest).observed(&observed)));
    }
    // The task as the guest finds it, with the strings that it points to.
    let body = "(i32.store (i32.const 131072) (local.get $benchmark_bytes)) (i32.store (i32.const 131076) (local.get $configs)) \
        (i32.store (i32.const 131080) (local.get $seed_bytes)) (i64.store (i32.const 131084) (local.get $epoch)) \
        (i32.store (i32.const 131092) (local.get $seats)) (memory.copy (i32.const 131096) (i32.const 32768) (i32.const 1024)) \
        (call $finish (i32.const 132120))";
    let plan = Plan::score(&keeps().does("score", body)).agent(&Guest::agent()).agent(&Guest::agent());
    cases.push(Case::new("outcomes/the task", plan.config(&["", "\u{e4}\u{1f600}", &"long".repeat(64)])));
    cases
}

/// What is said to people.
fn public() -> Vec<Case> {
    let mut cases = Vec::new();
    for (title, summary) in [(0, 0), (64, 512), (65, 0), (0, 513), (100_000, 0)] {
        let body = format!(
            "(memory.fill (i32.const {OUT}) (i32.const 84) (i32.const 100000)) \
             (i32.store (i32.const {RESULT}) (i32.const {OUT})) (i32.store offset=4 (i32.const {RESULT}) (i32.const {title})) \
             (i32.store offset=8 (i32.const {RESULT}) (i32.const {OUT})) (i32.store offset=12 (i32.const {RESULT}) (i32.const {summary})) (i32.const {RESULT})"
        );
        let plan = Plan::of("describe", &Guest::challenge().does("describe", &body));
        cases.push(Case::new(format!("public/a title of {title}, a summary of {summary}"), plan));
    }
    let serves = |status: u32, media: &str, bytes: u32| {
        let words = [status, DATA, media.len() as u32, OUT, bytes];
        let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let data = format!(
            "(data (i32.const {DATA}) \"{}\") (data (i32.const 512) \"{}\")",
            escaped(media.as_bytes()),
            escaped(&words)
        );
        Plan::of("serve", &Guest::challenge().fields(&data).does("serve", "(i32.const 512)"))
    };
    for status in [0, 100, 199, 200, 204, 299, 300, 302, 399, 400, 404, 503, 599, 600, 999, 65_535] {
        cases.push(Case::new(format!("public/the status {status}"), serves(status, "text/plain", 2)));
    }
    for media in [
        "",
        "text",
        "a/b",
        "application/json; charset=utf-8",
        "text/html\r\nset-cookie: a=b",
        "\u{e4}/b",
        &"a/".repeat(60),
    ] {
        cases.push(Case::new(format!("public/the type {media:?}"), serves(200, media, 2)));
    }
    for bytes in [0, 262_144, 262_145, 393_216, 393_217] {
        cases.push(Case::new(format!("public/a body of {bytes}"), serves(200, "text/plain", bytes)));
    }
    let body = "(i32.store16 (i32.const 896) (i32.const 200)) (i32.store (i32.const 900) (i32.const 880)) (i32.store (i32.const 904) (i32.const 10)) \
        (i32.store (i32.const 908) (i32.const 32768)) (i32.store (i32.const 912) (i32.const 256)) (i32.const 896)";
    cases.push(Case::new("public/the request", Plan::of("serve", &Guest::challenge().does("serve", body))));
    cases
}

/// Points for rows of the weighing, by their number in it.
fn weights() -> Vec<Case> {
    let gives = |points: &[(u32, u64)]| {
        let one = |(i, (_, points)): (usize, &(u32, u64))| {
            [(4096 + 64 * i as u32).to_le_bytes(), 64_u32.to_le_bytes()]
                .concat()
                .into_iter()
                .chain(points.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let list: Vec<u8> = points.iter().enumerate().flat_map(one).collect();
        let copies: String = points
            .iter()
            .enumerate()
            .map(|(i, (row, _))| {
                let from = format!("(i32.load (i32.add (local.get $rows) (i32.const {})))", row * 40);
                format!("(memory.copy (i32.const {}) {from} (i32.const 64))", 4096 + 64 * i)
            })
            .collect();
        let body = format!(
            "{copies} (i32.store offset=4 (i32.const {RESULT}) (i32.const {DATA})) (i32.store offset=8 (i32.const {RESULT}) (i32.const {})) (i32.const {RESULT})",
            points.len()
        );
        let data = format!("(data (i32.const {DATA}) \"{}\")", escaped(&list));
        Guest::challenge().fields(&data).does("weigh", &body)
    };
    let all: Vec<(&str, Vec<(u32, u64)>)> = vec![
        ("nobody", vec![]),
        ("all, the last first", vec![(3, 1), (2, 2), (1, 3), (0, 4)]),
        ("nothing for one", vec![(1, 0)]),
        ("the most for two", vec![(0, u64::MAX), (1, u64::MAX)]),
        ("one twice", vec![(2, 5), (2, 5)]),
    ];
    let mut cases: Vec<Case> = all
        .iter()
        .map(|(name, points)| Case::new(format!("weights/{name}"), Plan::of("weigh", &gives(points))))
        .collect();
    let unknown = gives(&[(0, 1)]).fields("(func $spoil)").does("weigh", &format!(
        "(i32.store offset=4 (i32.const {RESULT}) (i32.const {DATA})) (i32.store offset=8 (i32.const {RESULT}) (i32.const 1)) (i32.const {RESULT})"
    ));
    cases.push(Case::new("weights/no submission", Plan::of("weigh", &unknown)));
    let gives_up = format!(
        "(i32.store8 (i32.const {RESULT}) (i32.const 1)) (i32.store offset=4 (i32.const {RESULT}) (i32.const 880)) (i32.store offset=8 (i32.const {RESULT}) (i32.const 10)) (i32.const {RESULT})"
    );
    cases.push(Case::new(
        "weights/it gives up",
        Plan::of("weigh", &Guest::challenge().does("weigh", &gives_up)),
    ));
    cases
}

/// Results whose order comes from a table of the guest's own.
fn orders() -> Vec<Case> {
    let chance = "(global $x (mut i64) (i64.const 88172645463325252)) (func $chance (result i64) \
        (global.set $x (i64.xor (global.get $x) (i64.shl (global.get $x) (i64.const 13)))) \
        (global.set $x (i64.xor (global.get $x) (i64.shr_u (global.get $x) (i64.const 7)))) \
        (global.set $x (i64.xor (global.get $x) (i64.shl (global.get $x) (i64.const 17)))) (global.get $x))";
    let insert = "(func $insert (param $key i64) (local $slot i32) \
        (local.set $slot (i32.wrap_i64 (i64.shr_u (i64.mul (local.get $key) (i64.const -7046029254386353131)) (i64.const 55)))) \
        (loop $probe (if (i64.ne (i64.load offset=131072 (i32.shl (local.get $slot) (i32.const 3))) (i64.const 0)) (then \
          (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 1)) (i32.const 511))) (br $probe)))) \
        (i64.store offset=131072 (i32.shl (local.get $slot) (i32.const 3)) (local.get $key)))";
    let fill = |count: u32| {
        format!(
            "(local $n i32) (loop $more (call $insert (call $chance)) (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {count}))))"
        )
    };
    let mut cases = Vec::new();
    for count in [1, 100, 400, 511] {
        let guest = keeps()
            .fields(chance)
            .fields(insert)
            .does("score", &format!("{}(call $finish (i32.const 135168))", fill(count)));
        cases.push(Case::new(format!("orders/a table of {count}"), Plan::score(&guest)));
    }
    let sum = "(local $i i32) (local $sum f64) (loop $next (local.set $sum (f64.add (local.get $sum) (f64.convert_i64_s (i64.load offset=131072 (local.get $i))))) \
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 4096)))) (f64.store (i32.const 131072) (local.get $sum)) (call $finish (i32.const 131080))";
    let whole = format!(
        "(local $n i32) (local $i i32) (local $sum f64) {}{}",
        fill(400).replace("(local $n i32)", ""),
        sum.replace("(local $i i32) (local $sum f64)", "")
    );
    cases.push(Case::new(
        "orders/a sum in the order of a table",
        Plan::score(&keeps().fields(chance).fields(insert).does("score", &whole)),
    ));
    let sorts = format!(
        "(local $n i32) (local $i i32) (local $j i32) (local $v i64) {} \
         (loop $outer (local.set $v (i64.load offset=131072 (local.get $i))) (local.set $j (local.get $i)) \
           (block $there (loop $inner (br_if $there (i32.eqz (local.get $j))) \
             (br_if $there (f64.le (f64.reinterpret_i64 (i64.load offset=131064 (local.get $j))) (f64.reinterpret_i64 (local.get $v)))) \
             (i64.store offset=131072 (local.get $j) (i64.load offset=131064 (local.get $j))) \
             (local.set $j (i32.sub (local.get $j) (i32.const 8))) (br $inner))) \
           (i64.store offset=131072 (local.get $j) (local.get $v)) \
           (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 4096)))) (call $finish (i32.const 135168))",
        fill(400).replace("(local $n i32)", "")
    );
    cases.push(Case::new(
        "orders/floats sorted as they come",
        Plan::score(&keeps().fields(chance).fields(insert).does("score", &sorts)),
    ));
    cases
}
