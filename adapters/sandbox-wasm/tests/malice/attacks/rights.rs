//! Functions of the host in phases that do not have them, and above what is granted there.

use super::{Attack, Ends};
use crate::outside::artifact;
use crate::plan::Plan;
use crate::script::Script;
use crate::text::Interface;
use agon_port::sandbox::{Answer, Exchange, Verdict};
use agon_types::Digest;

/// A guest whose host says so in this phase.
fn told(
    name: impl Into<String>,
    phase: &'static str,
    interface: Interface,
    ends: Ends,
    write: fn(&mut Script),
) -> Attack {
    Attack::run(name, ends, move || {
        let mut script = Script::new(phase, &[interface]);
        write(&mut script);
        Plan::of(phase, &script.guest())
    })
}

pub fn attacks() -> Vec<Attack> {
    let mut attacks = phases();
    attacks.extend(state());
    attacks.extend(web());
    attacks.extend(artifacts());
    attacks
}

fn phases() -> Vec<Attack> {
    let mut attacks = Vec::new();
    let mut denied =
        |interface: Interface, name: &'static str, phases: &[&'static str], write: fn(&mut Script)| {
            for phase in phases {
                let title = format!("{name} in {phase}");
                attacks.push(told(title, phase, interface, Ends::Told(name, Verdict::Denied), write));
            }
        };
    denied(Interface::State, "state.get", &["describe", "observe"], |script| script.get("a"));
    denied(Interface::State, "state.keys", &["describe", "observe"], |script| script.keys("", None, 5));
    denied(Interface::State, "state.set", &["describe", "observe", "score", "serve"], |script| {
        script.set(b"a", b"b")
    });
    denied(Interface::State, "state.remove", &["describe", "observe", "score", "serve"], |script| {
        script.remove("a")
    });
    denied(Interface::Web, "web.fetch", &["describe", "score", "weigh", "serve"], |script| {
        script.fetch("GET", "https://api.example.org/", b"");
    });
    denied(Interface::Inbox, "inbox.read", &["describe", "observe", "score", "serve"], |script| {
        script.asks("posts", "(i32.const 0) (i32.const 5)");
    });
    denied(
        Interface::Submissions,
        "submissions.read",
        &["describe", "observe", "score", "weigh"],
        |script| {
            script.asks("submissions", "(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 5)");
        },
    );
    denied(Interface::Artifacts, "artifacts.read", &["describe", "weigh", "serve"], |script| {
        script.piece(&Digest::of(&artifact()).to_string(), 0, 5);
    });
    denied(Interface::Artifacts, "artifacts.keep", &["describe", "observe", "weigh", "serve"], |script| {
        script.asks("keep", "(i32.const 0) (i32.const 5)");
    });
    for phase in ["describe", "serve"] {
        attacks.push(told(
            format!("random.bytes in {phase}"),
            phase,
            Interface::Random,
            Ends::Challenge(""),
            |script| {
                script.random("a", 5);
            },
        ));
    }
    for phase in ["describe", "observe", "weigh", "serve"] {
        attacks.push(told(
            format!("agents in {phase}"),
            phase,
            Interface::Agents,
            Ends::Challenge(""),
            |script| {
                script.does("(drop (call $open (i32.const 0)))");
            },
        ));
    }
    attacks
}

/// Stops unless the host said that there is no such value.
fn nothing(script: &mut Script, key: &str) {
    let key = script.bytes(key.as_bytes());
    script.does(&format!("(call $get {key} (i32.const 64)) (if (i32.load8_u (i32.const 64)) (then) (else (if (i32.load8_u (i32.const 68)) (then unreachable))))"));
}

fn state() -> Vec<Attack> {
    let exceeded = |call| Ends::Told(call, Verdict::Exceeded);
    let state = Interface::State;
    vec![
        told("a line that is no text", "score", Interface::Log, Ends::Challenge("interface"), |script| {
            script.log(&[0xff, 0xfe]);
        }),
        told("the state of other challenges", "score", state, Ends::Well, |script| {
            for key in
                ["../other", "../other/secret", "other/a", "/a", "a/../a", "\0", "a\0", "*", "%2e%2e/other"]
            {
                nothing(script, key);
            }
        }),
        told("a key above its limit", "weigh", state, exceeded("state.set"), |script| {
            script.set(&[b'k'; 129], b"v")
        }),
        told("a value above its limit", "weigh", state, exceeded("state.set"), |script| {
            script.set(b"k", &[0; 8193])
        }),
        told("too many writes", "weigh", state, exceeded("state.set"), |script| {
            for i in 0..140 {
                let (key, value) = (script.bytes(format!("k{i}").as_bytes()), script.bytes(b"v"));
                script.does(&format!("(call $set {key} {value} (i32.const 64))"));
            }
        }),
        told("too many bytes of writes", "weigh", state, exceeded("state.set"), |script| {
            for key in ["x", "y", "z"] {
                script.set(key.as_bytes(), &[5; 7000]);
            }
        }),
        told("an empty key", "weigh", state, Ends::Told("state.set", Verdict::Denied), |script| {
            script.set(b"", b"v")
        }),
        told("too many keys at once", "score", state, Ends::Well, |script| script.keys("", None, 1025)),
        told("too many posts at once", "weigh", Interface::Inbox, Ends::Well, |script| {
            script.asks("posts", "(i32.const 0) (i32.const 65)");
        }),
        told("too many submissions at once", "serve", Interface::Submissions, Ends::Well, |script| {
            script.asks("submissions", "(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 257)");
        }),
        told("too much chance at once", "score", Interface::Random, Ends::Challenge(""), |script| {
            script.random("a", (1 << 20) + 1);
        }),
        told("chance of 4 GiB", "score", Interface::Random, Ends::Challenge(""), |script| {
            script.random("a", -1)
        }),
        Attack::run("more state than is granted", Ends::Told("state.set", Verdict::Exceeded), || {
            let mut script = Script::new("weigh", &[Interface::State]);
            script.set(b"k", &[1; 8000]);
            Plan::of("weigh", &script.guest()).grants(|grants| grants.state_bytes_max = 100)
        }),
    ]
}

/// Addresses that no grant fits, or that two readers could understand differently.
fn addresses() -> Vec<Attack> {
    let urls = [
        "http://api.example.org/",
        "https://evil.example.com/",
        "https://example.net/",
        "https://api.example.org.evil.com/",
        "https://api.example.org@evil.com/",
        "https://evil.com#api.example.org",
        "https://api.example.org:22/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://api.example.org\\@evil.com",
        "HTTPS://API.EXAMPLE.ORG/",
        "https://\u{e4}pi.example.org/",
        "https://.example.net/",
        "",
    ];
    let attack = |url: &'static str| {
        Attack::run(format!("the web: {url:?}"), Ends::Told("web.fetch", Verdict::Denied), move || {
            let mut script = Script::new("observe", &[Interface::Web]);
            script.fetch("GET", url, b"");
            Plan::of("observe", &script.guest())
        })
    };
    urls.into_iter().map(attack).collect()
}

/// What whoever connects says to an exchange.
type Says = fn(&Exchange) -> Answer;

fn web() -> Vec<Attack> {
    let mut attacks = addresses();
    // Whoever connects refuses what only shows on the way; the guest is told, and it is written down.
    let on_the_way: [(&str, Says); 3] = [
        ("a redirect off the list", |_| {
            Answer::Denied("it leads to evil.com, which is not granted".to_owned())
        }),
        ("a private address", |_| Answer::Denied("it is at 10.0.0.1, which is private".to_owned())),
        ("another address at the second look", |_| {
            Answer::Denied("it is at 127.0.0.1, which is private".to_owned())
        }),
    ];
    for (name, answer) in on_the_way {
        attacks.push(Attack::run(
            format!("the web: {name}"),
            Ends::Told("web.fetch", Verdict::Denied),
            move || {
                let mut script = Script::new("observe", &[Interface::Web]);
                script.fetch("GET", "https://api.example.org/", b"");
                Plan::of("observe", &script.guest()).facts(|facts| facts.web = answer)
            },
        ));
    }
    attacks.push(Attack::run(
        "the web: a body above its limit",
        Ends::Told("web.fetch", Verdict::Exceeded),
        || {
            let mut script = Script::new("observe", &[Interface::Web]);
            script.fetch("GET", "https://api.example.org/", b"");
            let body =
                |_: &Exchange| Answer::Fetched { status: 200, headers: Vec::new(), body: vec![0; 3 << 20] };
            Plan::of("observe", &script.guest()).facts(|facts| facts.web = body)
        },
    ));
    attacks.push(told(
        "the web: a request above its limit",
        "observe",
        Interface::Web,
        Ends::Told("web.fetch", Verdict::Exceeded),
        |script| {
            let (method, url) = (script.bytes(b"POST"), script.bytes(b"https://api.example.org/"));
            script.asks(
                "fetch",
                &format!("{method} {url} (i32.const 0) (i32.const 0) (i32.const 131072) (i32.const 300000)"),
            );
        },
    ));
    attacks.push(told(
        "the web: a method that is not granted",
        "observe",
        Interface::Web,
        Ends::Told("web.fetch", Verdict::Denied),
        |script| {
            script.fetch("CONNECT", "https://api.example.org/", b"");
        },
    ));
    attacks.push(told(
        "the web: 65 exchanges",
        "observe",
        Interface::Web,
        Ends::Told("web.fetch", Verdict::Exceeded),
        |script| {
            (0..65).for_each(|_| script.fetch("GET", "https://api.example.org/", b""));
        },
    ));
    attacks
}

fn artifacts() -> Vec<Attack> {
    let denied = Ends::Told("artifacts.read", Verdict::Denied);
    let artifacts = Interface::Artifacts;
    vec![
        told("an artifact that is not granted", "score", artifacts, denied, |script| {
            script.piece(&"ab".repeat(32), 0, 5)
        }),
        told("a path as an artifact", "score", artifacts, denied, |script| {
            script.piece("../../../etc/passwd", 0, 5)
        }),
        told("too much of an artifact at once", "score", artifacts, Ends::Well, |script| {
            script.piece(&Digest::of(&artifact()).to_string(), 0, (1 << 20) + 1);
        }),
        told(
            "nine pieces kept",
            "score",
            artifacts,
            Ends::Told("artifacts.keep", Verdict::Exceeded),
            |script| {
                (0..9).for_each(|_| script.asks("keep", "(i32.const 0) (i32.const 5)"));
            },
        ),
        Attack::run("more kept than granted", Ends::Told("artifacts.keep", Verdict::Exceeded), || {
            let mut script = Script::new("score", &[Interface::Artifacts]);
            script.asks("keep", "(i32.const 0) (i32.const 1001)");
            Plan::score(&script.guest()).grants(|grants| grants.kept_bytes_max = 1000)
        }),
    ]
}
