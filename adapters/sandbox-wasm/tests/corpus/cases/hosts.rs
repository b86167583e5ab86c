//! Everything that a host answers, in every phase that has it.

use super::{Case, Given};
use crate::outside::artifact;
use crate::plan::Plan;
use crate::script::Script;
use crate::text::{Guest, Interface};
use agon_types::Digest;

pub fn cases() -> Vec<Case> {
    let mut cases = random();
    cases.extend(state());
    cases.extend(weigh());
    cases.extend(artifacts());
    cases.extend(lists());
    cases.extend(web());
    cases.extend(log());
    let all = Interface::ALL.into_iter().fold(Guest::challenge(), Guest::import);
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        cases.push(Case::new(format!("imports/{phase} with all of them"), Plan::of(phase, &all)));
    }
    for version in ["0.1.0", "0.2.1"] {
        let other = Guest::challenge().import(Interface::Log).version(version);
        cases.push(Case::new(format!("imports/of version {version}"), Plan::score(&other)));
    }
    cases
}

fn case(name: String, phase: &'static str, imports: &[Interface], write: impl FnOnce(&mut Script)) -> Case {
    let mut script = Script::new(phase, imports);
    write(&mut script);
    Case::new(name, Plan::of(phase, &script.guest()))
}

fn random() -> Vec<Case> {
    let mut cases = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        for count in [0, 1, 31, 32, 33, 64, 1000] {
            let write = |script: &mut Script| script.random("a", count);
            cases.push(case(format!("random/{phase}: {count} bytes"), phase, &[Interface::Random], write));
        }
    }
    let score = |name: &str, write: &dyn Fn(&mut Script)| {
        case(format!("random/{name}"), "score", &[Interface::Random], write)
    };
    cases.push(score("a stream goes on", &|script| (0..10).for_each(|i| script.random("a", i))));
    cases.push(score("streams do not meet", &|script| {
        for label in ["a", "b", "", "a ", "b", "a", "\u{e4}"] {
            script.random(label, 40);
        }
    }));
    for count in [1 << 20, (1 << 20) + 1, u32::MAX.into()] {
        let mut script = Script::new("score", &[Interface::Random]);
        script.random("a", count);
        let plan = Plan::score(&script.guest().memory("40"));
        cases.push(Case::new(format!("random/{count} bytes at once"), plan));
    }
    for bytes in [64, 65] {
        cases.push(score(&format!("a label of {bytes}"), &|script| script.random(&"x".repeat(bytes), 8)));
    }
    for labels in [64, 65] {
        let write = |script: &mut Script| (0..labels).for_each(|i| script.random(&i.to_string(), 4));
        cases.push(score(&format!("{labels} streams"), &write));
    }
    let mut other = score("another seed", &|script| script.random("a", 40));
    other.plan = other.plan.seed(&[8]);
    cases.push(other);
    cases
}

fn state() -> Vec<Case> {
    let mut cases = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        let all = |script: &mut Script| {
            for key in ["a", "b/2", "nobody", "", "\u{e4}", "../a"] {
                script.get(key);
            }
            script.keys("b/", None, 10);
            script.keys("", Some("b/1"), 2);
        };
        cases.push(case(format!("state/{phase}: reads"), phase, &[Interface::State], all));
        let writes = |script: &mut Script| {
            script.set(b"a", b"new");
            script.get("a");
            script.remove("a");
            script.get("a");
        };
        cases.push(case(format!("state/{phase}: writes"), phase, &[Interface::State], writes));
    }
    for (prefix, after, limit) in [
        ("", None, 0),
        ("", None, 1),
        ("", None, 1024),
        ("", None, 1025),
        ("", None, u32::MAX.into()),
        ("b", Some("b/1"), 5),
        ("b", Some("zzz"), 5),
        ("\u{e4}", None, 5),
        ("nobody", None, 5),
    ] {
        let write = |script: &mut Script| script.keys(prefix, after, limit);
        cases.push(case(
            format!("state/keys {prefix:?} after {after:?}, {limit}"),
            "score",
            &[Interface::State],
            write,
        ));
    }
    let mut nothing =
        case("state/of a challenge that has none".to_owned(), "score", &[Interface::State], |script| {
            script.get("a");
            script.keys("", None, 5);
        });
    nothing.plan = nothing.plan.facts(|facts| facts.state.clear());
    cases.push(nothing);
    for bytes in [128, 129] {
        let write = |script: &mut Script| script.get(&"k".repeat(bytes));
        cases.push(case(format!("state/a key of {bytes}"), "score", &[Interface::State], write));
    }
    cases
}

fn weigh() -> Vec<Case> {
    let weigh = |name: String, write: &dyn Fn(&mut Script)| {
        case(format!("writes/{name}"), "weigh", &[Interface::State], write)
    };
    let mut cases = vec![
        weigh("seen at once, in order".to_owned(), &|script| {
            script.set(b"b/10", b"ten");
            script.remove("b/2");
            script.set(b"a", b"");
            script.keys("", None, 100);
            script.get("b/10");
            script.get("b/2");
            script.get("a");
        }),
        weigh("set and removed".to_owned(), &|script| {
            script.set(b"new", b"1");
            script.remove("new");
            script.remove("never");
            script.remove("c");
            script.set(b"c", b"again");
        }),
        weigh("no text as a key".to_owned(), &|script| script.set(&[0xff], b"x")),
    ];
    for bytes in [0, 1, 128, 129] {
        cases.push(weigh(format!("a key of {bytes}"), &|script| script.set(&vec![b'k'; bytes], b"v")));
    }
    for bytes in [0, 8192, 8193] {
        cases.push(weigh(format!("a value of {bytes}"), &|script| script.set(b"k", &vec![1; bytes])));
    }
    for count in [100, 127, 129] {
        // Their own note is one write more; it does not fit beside too many answers, and then is refused.
        let write = move |script: &mut Script| {
            for i in 0..count {
                let (key, value) = (script.bytes(format!("k{i}").as_bytes()), script.bytes(b"v"));
                script.does(&format!("(call $set {key} {value} (i32.const 64))"));
            }
        };
        cases.push(weigh(format!("{count} of them"), &write));
    }
    cases.push(weigh("more than 16 KiB".to_owned(), &|script| {
        for key in ["x", "y", "z"] {
            script.set(key.as_bytes(), &[5; 6000]);
        }
    }));
    let mut small = Script::new("weigh", &[Interface::State]);
    small.set(b"k", &[1; 4000]);
    let plan = Plan::of("weigh", &small.guest()).grants(|grants| grants.state_bytes_max = 3000);
    cases.push(Case::new("writes/more than granted", plan));
    cases
}

fn artifacts() -> Vec<Case> {
    let digest = Digest::of(&artifact()).to_string();
    let mut cases = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        let write = |script: &mut Script| script.piece(&digest, 0, 100);
        cases.push(case(format!("artifacts/{phase}: a piece"), phase, &[Interface::Artifacts], write));
        let write = |script: &mut Script| {
            let bytes = script.bytes(b"kept");
            script.asks("keep", &bytes);
        };
        cases.push(case(format!("artifacts/{phase}: kept"), phase, &[Interface::Artifacts], write));
    }
    for (offset, length) in [
        (0, 0),
        (0, 3000),
        (2999, 10),
        (3000, 1),
        (-1, 1),
        (1 << 40, 5),
        (0, 1 << 20),
        (0, (1 << 20) + 1),
        (5, -1),
    ] {
        let write = |script: &mut Script| script.piece(&digest, offset, length);
        cases.push(case(
            format!("artifacts/{length} from {offset}"),
            "score",
            &[Interface::Artifacts],
            write,
        ));
    }
    for (name, text) in [
        ("another", "00".repeat(32)),
        ("none", String::new()),
        ("in capitals", digest.to_uppercase()),
        ("too long", format!("{digest}0")),
        ("a path", "../../etc/passwd".to_owned()),
    ] {
        let write = |script: &mut Script| script.piece(&text, 0, 10);
        cases.push(case(format!("artifacts/{name}"), "score", &[Interface::Artifacts], write));
    }
    cases
}

/// Posts and submissions, page by page.
fn lists() -> Vec<Case> {
    let mut cases = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        let posts = |script: &mut Script| script.asks("posts", "(i32.const 0) (i32.const 5)");
        cases.push(case(format!("lists/{phase}: posts"), phase, &[Interface::Inbox], posts));
        let submissions = |script: &mut Script| {
            let after = script.optional(None);
            script.asks("submissions", &format!("{after} (i32.const 5)"));
        };
        cases.push(case(
            format!("lists/{phase}: submissions"),
            phase,
            &[Interface::Submissions],
            submissions,
        ));
    }
    for (after, limit) in [(0, 0), (0, 64), (0, 65), (60, 64), (70, 1), (-1, 1), (0, -1)] {
        let write =
            |script: &mut Script| script.asks("posts", &format!("(i32.const {after}) (i32.const {limit})"));
        cases.push(case(format!("lists/{limit} posts after {after}"), "weigh", &[Interface::Inbox], write));
    }
    let second = "01".repeat(32);
    for (after, limit) in
        [(None, 0), (None, 256), (None, 257), (Some(second.as_str()), 2), (Some("nobody"), 2), (Some(""), 2)]
    {
        let write = |script: &mut Script| {
            let after = script.optional(after);
            script.asks("submissions", &format!("{after} (i32.const {limit})"));
        };
        cases.push(case(
            format!("lists/{limit} submissions after {after:?}"),
            "serve",
            &[Interface::Submissions],
            write,
        ));
    }
    cases
}

fn web() -> Vec<Case> {
    let mut cases = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        let write = |script: &mut Script| script.fetch("GET", "https://api.example.org/a", b"");
        cases.push(case(format!("web/{phase}"), phase, &[Interface::Web], write));
    }
    for (method, url) in [
        ("POST", "https://a.example.net/x?y=z#w"),
        ("HEAD", "https://a.b.example.net"),
        ("PUT", "https://api.example.org/"),
        ("get", "https://api.example.org/"),
        ("GET", "http://api.example.org/"),
        ("GET", "https://example.net/"),
        ("GET", "https://api.example.org.evil.com/"),
        ("GET", "https://API.example.org/"),
        ("GET", "https://"),
        ("GET", ""),
    ] {
        let write = |script: &mut Script| script.fetch(method, url, b"body");
        cases.push(case(format!("web/{method} {url:?}"), "observe", &[Interface::Web], write));
    }
    let write =
        |script: &mut Script| (0..65).for_each(|_| script.fetch("GET", "https://api.example.org/", b""));
    cases.push(case("web/65 exchanges".to_owned(), "observe", &[Interface::Web], write));
    for bytes in [(256 << 10) - 28, (256 << 10) - 27] {
        let mut script = Script::new("observe", &[Interface::Web]);
        let (method, url) = (script.bytes(b"POST"), script.bytes(b"https://api.example.org/"));
        script.asks(
            "fetch",
            &format!("{method} {url} (i32.const 0) (i32.const 0) (i32.const 131072) (i32.const {bytes})"),
        );
        let plan = Plan::of("observe", &script.guest().memory("20"));
        cases.push(Case::new(format!("web/a body of {bytes}"), plan));
    }
    cases
}

fn log() -> Vec<Case> {
    let mut cases = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        let write = |script: &mut Script| {
            for line in [&b""[..], b"a line", "\u{e4}\n\u{1b}[2J".as_bytes(), &[b'x'; 600]] {
                script.log(line);
            }
        };
        cases.push(case(format!("log/{phase}"), phase, &[Interface::Log], write));
    }
    for lines in [255, 256, 257, 1000] {
        let write = |script: &mut Script| {
            script.log(b"again");
            let line = script.bytes(b"again");
            script.does(&format!("(call $log {line})").repeat(lines - 1));
        };
        cases.push(case(format!("log/{lines} lines"), "score", &[Interface::Log], write));
    }
    cases
        .push(case("log/no text".to_owned(), "score", &[Interface::Log], |script| script.log(&[0xff, 0xfe])));
    cases
}
