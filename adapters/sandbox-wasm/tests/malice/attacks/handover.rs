//! What passes between a guest and its host: pointers, lengths, tags and handles that are lies.

use super::fuel::asks;
use super::{Attack, Ends};
use crate::plan::Plan;
use crate::text::{Guest, Interface};
use agon_types::FailureReason::{OutOfFuel, OutputTooLarge, Trapped};

/// The result of an agent: a tag, a place and a length.
fn answers(tag: i64, at: i64, bytes: i64) -> Guest {
    Guest::agent().does(
        "call",
        &format!(
            "(i32.store8 (i32.const 128) (i32.const {tag})) (i32.store (i32.const 132) (i32.const {at})) \
             (i32.store (i32.const 136) (i32.const {bytes})) (i32.const 128)"
        ),
    )
}

/// A challenge that says what these words say: a tag, and three numbers.
fn says(phase: &'static str, words: [i64; 5]) -> Plan {
    let stores: String = words
        .iter()
        .enumerate()
        .map(|(i, word)| format!("(i32.store (i32.const {}) (i32.const {word}))", 128 + 4 * i))
        .collect();
    Plan::of(phase, &Guest::challenge().does(phase, &format!("{stores} (i32.const 128)")))
}

/// A challenge that does something in a phase, beside all that it may import there.
fn does(phase: &'static str, interface: Interface, body: &str) -> Plan {
    Plan::of(phase, &Guest::challenge().import(interface).does(phase, &format!("{body} (i32.const 960)")))
}

pub fn attacks() -> Vec<Attack> {
    let trapped = Ends::Failed(Trapped);
    let agent = |name: &str, ends, make: fn() -> Guest| Attack::run(name, ends, move || asks(&make()));
    let mut attacks = vec![
        agent("an answer of 4 GiB", trapped, || answers(0, 0, -1)),
        agent("an answer of 4 GiB from far away", trapped, || answers(0, -1, -1)),
        agent("words of 4 GiB", trapped, || answers(1, 0, -1)),
        agent("an answer above its limit", Ends::Failed(OutputTooLarge), || answers(0, 0, 524_288)),
        agent("an answer over the end", trapped, || answers(0, 524_287, 2)),
        agent("an answer beyond the end", trapped, || answers(0, 524_289, 0)),
        agent("words that are no text", trapped, || {
            answers(1, 1024, 2).fields("(data (i32.const 1024) \"\\ff\\fe\")")
        }),
        agent("a tag that does not exist", trapped, || answers(2, 0, 0)),
        agent("a result over the end", trapped, || Guest::agent().does("call", "(i32.const 524284)")),
        agent("a result that is not aligned", trapped, || Guest::agent().does("call", "(i32.const 129)")),
        agent("a result far away", trapped, || Guest::agent().does("call", "(i32.const -4)")),
        agent("room far away", trapped, || Guest::agent().realloc("(i32.const -16)")),
        agent("no room", trapped, || Guest::agent().realloc("unreachable")),
        agent("a return that traps", trapped, || post("unreachable")),
        agent("a return that loops", Ends::Failed(OutOfFuel), || post("(loop $l (br $l))")),
    ];
    attacks.extend(outcomes());
    attacks.extend(calls());
    attacks.extend(handles());
    attacks
}

fn post(body: &str) -> Guest {
    let fields = format!("(func (export \"post\") (param i32) {body})");
    Guest::agent().fields(&fields).lift("call", "(post-return (core func $main \"post\"))")
}

/// Results of a challenge.
fn outcomes() -> Vec<Attack> {
    let broke = Ends::Challenge("interface");
    let said = |name: &str, ends, phase, words| Attack::run(name, ends, move || says(phase, words));
    vec![
        said("a score above all", Ends::Challenge("1000000000"), "score", [0, 1_000_000_001, 0, 0, 0]),
        said("17 metrics", Ends::Challenge("metrics"), "score", [0, 0, 65_536, 17, 0]),
        said("metrics of 64 GiB", broke, "score", [0, 0, 0, -1, 0]),
        said("metrics that are not aligned", broke, "score", [0, 0, 65_537, 1, 0]),
        said("half a million metrics that overlap", Ends::Challenge(""), "score", [0, 0, 0, 32_000, 0]),
        said("a reason that does not exist", broke, "score", [1, 8, 0, 0, 0]),
        said("a detail of 4 GiB", broke, "score", [1, 0, 0, -1, 0]),
        said("a result that does not exist", broke, "score", [2, 0, 0, 0, 0]),
        said("a recording of 4 GiB", broke, "observe", [0, 0, -1, 0, 0]),
        said("points of 64 GiB", broke, "weigh", [0, 0, -1, 0, 0]),
        said("a title of 4 GiB", broke, "describe", [0, -1, 0, 0, 0]),
        said("a body of 4 GiB", broke, "serve", [200, 880, 10, 0, -1]),
        said("a body above its limit", Ends::Challenge("262144"), "serve", [200, 880, 10, 131_072, 262_145]),
        said("a redirect", Ends::Challenge("302"), "serve", [302, 880, 10, 0, 0]),
        said("a status that does not exist", Ends::Challenge("999"), "serve", [999, 880, 10, 0, 0]),
        Attack::run("a header in a content type", Ends::Challenge("content type"), || {
            let body = "(i32.store16 (i32.const 896) (i32.const 200)) (i32.store (i32.const 900) (i32.const 1024)) \
                (i32.store (i32.const 904) (i32.const 30)) (i32.const 896)";
            Plan::of(
                "serve",
                &Guest::challenge()
                    .fields("(data (i32.const 1024) \"text/html\\r\\nset-cookie: a=bbbb\")")
                    .does("serve", body),
            )
        }),
        Attack::run(
            "points for a submission that is not there",
            Ends::Challenge("not in the weighing"),
            || {
                let fields = "(data (i32.const 1024) \"\\00\\08\\00\\00\\40\\00\\00\\00\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\") (data (i32.const 2048) \"";
                let guest = Guest::challenge().fields(&format!("{fields}{}\")", "ab".repeat(32)));
                Plan::of("weigh", &guest.does("weigh", "(i32.store (i32.const 132) (i32.const 1024)) (i32.store (i32.const 136) (i32.const 1)) (i32.const 128)"))
            },
        ),
        Attack::run("points twice for one", Ends::Challenge("twice"), || Plan::of("weigh", &points(2, 1))),
        Attack::run("points whose sum is above all", Ends::Challenge("twice"), || {
            Plan::of("weigh", &points(4, u64::MAX))
        }),
        Attack::run("points for a million", Ends::Challenge(""), || {
            Plan::of("weigh", &points(1_000_000, 1).memory("400"))
        }),
        Attack::run("points for 2,000", Ends::Challenge("1024"), || Plan::of("weigh", &points(2_000, 1))),
    ]
}

/// Gives the first row points so many times.
fn points(times: u32, points: u64) -> Guest {
    let body = format!(
        "(local $n i32) (local $at i32) (local.set $at (i32.const 131072)) (loop $l \
           (i64.store (local.get $at) (i64.load (local.get $rows))) (i64.store offset=8 (local.get $at) (i64.const {points})) \
           (local.set $at (i32.add (local.get $at) (i32.const 16))) \
           (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {times})))) \
         (i32.store (i32.const 132) (i32.const 131072)) (i32.store (i32.const 136) (i32.const {times})) (i32.const 128)"
    );
    Guest::challenge().does("weigh", &body)
}

/// Parameters of calls to the host.
fn calls() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (name, text) in [
        ("of 4 GiB", "(i32.const 0) (i32.const -1)"),
        ("over the end", "(i32.const 524280) (i32.const 9)"),
        ("that is no text", "(i32.const 1024) (i32.const 2)"),
    ] {
        attacks.extend(TEXTS.iter().map(|of| takes(*of, name, text)));
    }
    attacks.extend(lists());
    attacks.extend(rooms());
    attacks
}

/// A phase, an interface, and a call of it that takes a text.
type Call = (&'static str, Interface, &'static str);

const TEXTS: [Call; 11] = [
    ("serve", Interface::Log, "(call $log TEXT)"),
    ("score", Interface::Random, "(call $random TEXT (i32.const 1) (i32.const 64))"),
    ("score", Interface::State, "(call $get TEXT (i32.const 64))"),
    (
        "score",
        Interface::State,
        "(call $keys (i32.const 0) (i32.const 0) (i32.const 1) TEXT (i32.const 1) (i32.const 64))",
    ),
    ("weigh", Interface::State, "(call $set TEXT (i32.const 0) (i32.const 0) (i32.const 64))"),
    ("weigh", Interface::State, "(call $remove TEXT (i32.const 64))"),
    (
        "observe",
        Interface::Web,
        "(call $fetch TEXT (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))",
    ),
    (
        "observe",
        Interface::Web,
        "(call $fetch (i32.const 0) (i32.const 0) TEXT (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))",
    ),
    ("score", Interface::Artifacts, "(call $piece TEXT (i64.const 0) (i32.const 1) (i32.const 64))"),
    ("serve", Interface::Submissions, "(call $submissions (i32.const 1) TEXT (i32.const 1) (i32.const 64))"),
    (
        "score",
        Interface::Agents,
        "(call $call (call $open (i32.const 0)) TEXT (i32.const 0) (i32.const 0) (i32.const 64))",
    ),
];

/// A challenge that hands over a text of this kind.
fn takes((phase, interface, call): Call, kind: &str, text: &'static str) -> Attack {
    let place = call.find("TEXT").unwrap_or_default();
    let name = format!("{} ({place}) takes a text {kind}", call[6..].split(' ').next().unwrap_or_default());
    Attack::run(name, Ends::Challenge("interface"), move || {
        let guest = Guest::challenge().import(interface).fields("(data (i32.const 1024) \"\\ff\\fe\")");
        let call = call.replace("TEXT", text);
        let plan = Plan::of(phase, &guest.does(phase, &format!("{call} (i32.const 960)")));
        if phase == "score" { plan.agent(&Guest::agent()) } else { plan }
    })
}

/// Lists, and places for answers.
fn lists() -> Vec<Attack> {
    let broke = Ends::Challenge("interface");
    let more = [
        (
            "score",
            Interface::Artifacts,
            "keeps 4 GiB",
            "(call $keep (i32.const 0) (i32.const -1) (i32.const 64))",
        ),
        (
            "weigh",
            Interface::State,
            "sets a value of 4 GiB",
            "(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 64))",
        ),
        (
            "observe",
            Interface::Web,
            "sends 64 GiB of headers",
            "(call $fetch (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 64))",
        ),
        (
            "observe",
            Interface::Web,
            "sends headers that overlap",
            "(memory.fill (i32.const 4096) (i32.const 1) (i32.const 300000)) (call $fetch (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096) (i32.const 18000) (i32.const 0) (i32.const 0) (i32.const 64))",
        ),
        (
            "score",
            Interface::State,
            "wants an answer over the end",
            "(call $get (i32.const 0) (i32.const 1) (i32.const 524280))",
        ),
        (
            "score",
            Interface::State,
            "wants an answer that is not aligned",
            "(call $get (i32.const 0) (i32.const 1) (i32.const 65))",
        ),
        (
            "score",
            Interface::State,
            "has an option that does not exist",
            "(call $keys (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64))",
        ),
    ];
    let attack = more.into_iter().map(|(phase, interface, name, body)| {
        let ends = if name.contains("overlap") { Ends::Challenge("") } else { broke };
        Attack::run(format!("a challenge {name}"), ends, move || does(phase, interface, body))
    });
    attack.collect()
}

/// Room that a guest makes for what the host hands over.
fn rooms() -> Vec<Attack> {
    let broke = Ends::Challenge("interface");
    let mut attacks = Vec::new();
    for (name, realloc) in [
        ("far away", "(i32.const -16)"),
        ("over the end", "(i32.const 524280)"),
        ("that traps", "unreachable"),
    ] {
        attacks.push(Attack::run(format!("room {name} for what the host answers"), Ends::Challenge(""), move || {
            let guest = Guest::challenge().import(Interface::Random).realloc(realloc);
            Plan::of("weigh", &guest.does("weigh", "(call $random (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 64)) (i32.const 960)"))
        }));
    }
    attacks.push(Attack::run(
        "room that loops for what the host answers",
        Ends::Challenge("all the fuel"),
        || {
            let guest =
                Guest::challenge().import(Interface::Agents).realloc("(loop $l (br $l)) (i32.const 0)");
            Plan::score(&guest).agent(&Guest::agent())
        },
    ));
    attacks.push(Attack::run("room that is not aligned", broke, || {
        Plan::score(&Guest::challenge().realloc("(i32.const 32769)")).config(&["a", "b"])
    }));
    attacks.push(Attack::run("room that calls the host", Ends::Challenge(""), || {
        let guest = Guest::challenge()
            .import(Interface::Random)
            .realloc("(drop (call 0 (local.get 0) (local.get 1) (local.get 2) (local.get 3))) unreachable");
        Plan::score(&guest)
    }));
    attacks
}

/// Handles of agents.
fn handles() -> Vec<Attack> {
    let call = |handle: &str| {
        format!(
            "(call $call {handle} (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))"
        )
    };
    let mut attacks = Vec::new();
    for (name, body) in [
        ("a handle out of the air", call("(i32.const 7)")),
        ("a handle that is no number", call("(i32.const -1)")),
        ("a handle dropped twice", "(call $close (i32.const 1)) (call $close (call $open (i32.const 0))) (call $close (i32.const 1))".to_owned()),
        ("a handle used after its drop", format!("(local $h i32) (local.set $h (call $open (i32.const 0))) (call $close (local.get $h)) {}", call("(local.get $h)"))),
        ("a seat that nobody has", "(drop (call $open (i32.const 1)))".to_owned()),
        ("a seat far away", "(drop (call $open (i32.const -1)))".to_owned()),
        ("17 agents at once", "(drop (call $open (i32.const 0)))".repeat(17)),
    ] {
        attacks.push(Attack::run(name, Ends::Challenge(""), move || does("score", Interface::Agents, &body).agent(&Guest::agent())));
    }
    attacks
}
