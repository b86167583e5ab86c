//! What a challenge reaches of the outside: only what its manifest grants, in the right phase, within every bound.

use crate::script::Script;
use crate::stage::{Stage, measured, said, script, submission, weighed, weighing};
use agon_port::sandbox::{Answer, Done, Entry, Phase, PostRow, Question, Recording, Verdict};
use agon_sandbox_wasm::room::{Finished, Trouble};
use agon_types::manifest::Capabilities;
use agon_types::{Digest, Hotkey, codec};
use std::collections::BTreeMap;

fn state() -> Capabilities {
    Capabilities { state_bytes_max: 1 << 20, ..Capabilities::default() }
}

/// A node that keeps a state.
fn keeper(entries: &[(&str, &str)]) -> impl FnMut(Question) -> Answer + use<> {
    let own = |text: &str| text.to_owned();
    let state: BTreeMap<String, String> = entries.iter().map(|(key, value)| (own(key), own(value))).collect();
    move |question| match question {
        Question::StateGet(key) => Answer::State(state.get(&key).map(|value| value.clone().into_bytes())),
        Question::StateList { prefix, after, limit } => {
            let fits =
                |key: &&String| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| *key > after);
            Answer::Keys(state.keys().filter(fits).take(limit as usize).cloned().collect())
        }
        other => Answer::Broken(format!("nobody expects {other:?}")),
    }
}

/// Every phase in which a script can run.
fn everywhere(stage: &mut Stage<'_>, script: &Script) -> [Finished; 4] {
    [
        stage.observe(script.clone()),
        stage.score(script.clone()),
        stage.weigh(script.clone(), &[1]),
        stage.serve(script.clone()),
    ]
}

#[test]
fn each_function_answers_in_its_phases_and_under_its_grant_only() {
    let zero = Digest::ZERO.to_string();
    let all = [
        (script().get("k"), [false, true, true, true]),
        (script().keys("", "", 1), [false, true, true, true]),
        (script().set("k", "v"), [false, false, true, false]),
        (script().remove("k"), [false, false, true, false]),
        (script().inbox(0, 1), [false, false, true, false]),
        (script().submissions("", 1), [false, false, false, true]),
        (script().fetch("GET", "https://a.invalid/", 0), [true, false, false, false]),
        (script().read(&zero, 0, 1), [true, true, false, false]),
        (script().keep("k"), [false, true, false, false]),
    ];
    let node = |question| match question {
        Question::StateGet(_) => Answer::State(None),
        Question::StateList { .. } => Answer::Keys(Vec::new()),
        Question::Posts { .. } => Answer::Posts(Vec::new()),
        Question::Submissions { .. } => Answer::Submissions(Vec::new()),
        Question::Fetch(_) => Answer::Fetched { status: 200, headers: Vec::new(), body: Vec::new() },
        Question::ArtifactRead { .. } => Answer::Artifact(Vec::new()),
        Question::ArtifactKeep(bytes) => Answer::Kept(Digest::of(&bytes)),
    };
    for (script, phases) in all {
        let mut stage = Stage::granted(Capabilities::all(), node);
        for (finished, answers) in everywhere(&mut stage, &script).into_iter().zip(phases) {
            let verdict = finished.calls[0].verdict;
            let name = &finished.calls[0].name;
            assert_eq!(verdict, if answers { Verdict::Granted } else { Verdict::Denied }, "{name}");
            assert_eq!(said(&finished)[0].starts_with('d'), !answers, "{name}");
            finished.result.unwrap().unwrap();
        }
        let mut bare = Stage::granted(Capabilities::default(), |question| panic!("asked {question:?}"));
        for finished in everywhere(&mut bare, &script) {
            assert_eq!(finished.calls[0].verdict, Verdict::Denied);
            assert!(said(&finished)[0].starts_with("d"), "{:?}", said(&finished));
        }
    }
}

#[test]
fn a_run_of_weigh_sees_what_it_sets_and_hands_it_over_in_order() {
    let mut stage =
        Stage::granted(state(), keeper(&[("a1", "old"), ("a2", "gone"), ("a4", "kept"), ("b", "other")]));
    let script = script().set("a3", "new").set("a1", "first").set("a1", "changed").remove("a2").remove("x");
    let script =
        script.get("a1").get("a2").get("a3").get("a4").keys("a", "", 9).keys("a", "a1", 1).keys("", "a3", 9);
    let finished = stage.weigh(script, &[1]);
    let heard = ["+", "+", "+", "+", "+", "+changed", "0", "+new", "+kept"];
    let listed = ["+a1", "+a3", "+a4", ".", "+a3", ".", "+a4", "+b", "."];
    assert_eq!(said(&finished), [&heard[..], &listed[..]].concat());
    let some = |text: &str| Some(text.as_bytes().to_vec());
    let writes = weighed(finished).writes;
    let expected = [("a1", some("changed")), ("a2", None), ("a3", some("new")), ("x", None)];
    assert_eq!(writes, expected.map(|(key, value)| (key.to_owned(), value)));
}

#[test]
fn removed_keys_leave_no_gap_in_a_long_list() {
    let keys: Vec<String> = (0..1_500).map(|number| format!("k{number:04}")).collect();
    let entries: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
    let mut stage = Stage::granted(state(), keeper(&entries));
    let removed = (0..100).fold(script(), |script, number| script.remove(&format!("k{number:04}")));
    let finished = stage.weigh(removed.keys("k", "", 1_024), &[1]);
    // Of 256 lines, a hundred say that something was removed.
    let listed: Vec<&str> = said(&finished)[100..].to_vec();
    assert_eq!((listed[0], listed[155]), ("+k0100", "+k0255"));
    let call = finished.calls.iter().find(|calls| calls.name == "state.keys").unwrap();
    assert_eq!(call.bytes_out, 1_024 * 5);
}

#[test]
fn the_state_has_bounds() {
    let long = "k".repeat(129);
    for (script, verdict) in [
        (script().get(&long), Verdict::Exceeded),
        (script().get(""), Verdict::Denied),
        (script().set(&long, "v"), Verdict::Exceeded),
        (script().set("", "v"), Verdict::Denied),
        (script().set_large("k", 8_193), Verdict::Exceeded),
        (script().set_large("k", 8_192), Verdict::Granted),
        (script().remove(&long), Verdict::Exceeded),
        (script().keys(&long, "", 1), Verdict::Exceeded),
    ] {
        let mut stage = Stage::granted(state(), keeper(&[]));
        let finished = stage.weigh(script, &[1]);
        assert_eq!(finished.calls[0].verdict, verdict, "{:?}", said(&finished));
    }
    let mut stage = Stage::granted(state(), keeper(&[]));
    let twice = script().set_large("a", 8_000).set_large("b", 8_000).set_large("c", 8_000).set_large("b", 10);
    let finished = stage.weigh(twice.set_large("c", 8_000), &[1]);
    assert_eq!(
        said(&finished),
        ["+", "+", "xall that is changed at once has 24003 bytes of 16384 allowed", "+", "+"]
    );
    assert_eq!(weighed(finished).writes.len(), 3);
    let many = (0..129).fold(script(), |script, number| script.set(&number.to_string(), ""));
    assert_eq!(weighed(stage.weigh(many, &[1])).writes.len(), 128);
}

/// A run of `weigh` over a state of so many bytes, with ten granted.
fn within_ten(entries: &[(&str, &str)], script: Script) -> Finished {
    let bytes = entries.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() as u64;
    let small = Capabilities { state_bytes_max: 10, ..Capabilities::default() };
    let mut phase = weighing(&script.text(), &[1]);
    phase.state_bytes = bytes;
    Stage::granted(small, keeper(entries)).run(Phase::Weigh(phase))
}

#[test]
fn what_would_make_the_state_too_large_is_refused_where_it_is_set() {
    let refused = |bytes: u32| format!("xthe state would have {bytes} bytes, and 10 are granted");
    let grows = script().set("k", "123456789").set("l", "").set("k", "12345678").set("l", "").set("m", "");
    let finished = within_ten(&[], grows);
    assert_eq!(said(&finished), ["+", &refused(11), "+", "+", &refused(11)]);
    let makes_room = script().set("c", "1234").remove("a").set("c", "1234").get("a").set("b", "12345");
    let finished = within_ten(&[("a", "1234"), ("b", "1234")], makes_room);
    assert_eq!(said(&finished), [&refused(15), "+", "+", "0", &refused(11)]);
    assert_eq!(weighed(finished).writes.len(), 2, "what was refused is not handed over");
}

#[test]
fn a_state_above_a_lower_bound_may_shrink_and_not_grow() {
    // 18 before, then 11, 12, 3, 10 and 11: each is less than before.
    let shrinks = script().set("a", "x").set("c", "").remove("b").set("c", "1234567").set("d", "");
    let finished = within_ten(&[("a", "12345678"), ("b", "12345678")], shrinks.set("e", "1234567"));
    let last = "xthe state would have 19 bytes, and 10 are granted";
    assert_eq!(said(&finished), ["+", "+", "+", "+", "+", last]);
}

#[test]
fn keys_that_are_removed_are_counted_for_themselves_alone() {
    let keys: Vec<String> = (0..20).map(|number| format!("key{number:02}")).collect();
    let entries: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
    let removes = keys.iter().fold(script(), |script, key| script.remove(key));
    assert_eq!(weighed(within_ten(&entries, removes)).writes.len(), 20);
}

#[test]
fn a_failed_weigh_changes_nothing() {
    let mut stage = Stage::granted(state(), keeper(&[]));
    let finished = stage.weigh(script().set("k", "v").panic(), &[1]);
    assert!(matches!(finished.result, Ok(Err(_))));
}

#[test]
fn posts_and_submissions_come_in_pages() {
    let node = |question| match question {
        Question::Posts { after: 7, limit } => {
            assert_eq!(limit, 64);
            let post = |text: &str| PostRow { hotkey: Hotkey([1; 32]), sequence: 1, message: text.into() };
            Answer::Posts(vec![post("one"), post("two")])
        }
        Question::Submissions { after, limit } => {
            assert_eq!((after, limit), (Some(submission(4)), 256));
            let (submission, hotkey) = (submission(5), Hotkey([1; 32]));
            let (label, status) = ("five".to_owned(), "scored".to_owned());
            Answer::Submissions(vec![Entry { submission, hotkey, label, score: Some((1, 2)), status }])
        }
        other => Answer::Broken(format!("nobody expects {other:?}")),
    };
    let mut stage = Stage::granted(Capabilities::all(), node);
    assert_eq!(said(&stage.weigh(script().inbox(7, 1_000), &[1])), ["+one", "+two", "."]);
    let named = submission(4).to_string();
    assert_eq!(said(&stage.serve(script().submissions(&named, 1_000))), ["+five", "."]);
    let finished = stage.serve(script().submissions("nobody", 1));
    assert_eq!(finished.calls[0].verdict, Verdict::Failed);
}

fn web(hosts: &[&str]) -> Capabilities {
    Capabilities { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..Capabilities::default() }
}

#[test]
fn every_exchange_enters_the_recording_in_its_order() {
    let node = |question| match question {
        Question::Fetch(exchange) if exchange.url.ends_with("/off") => {
            Answer::Denied("redirected off".to_owned())
        }
        Question::Fetch(exchange) if exchange.url.ends_with("/down") => {
            Answer::Failed("no answer".to_owned())
        }
        Question::Fetch(exchange) => {
            let body = exchange.method.into_bytes();
            Answer::Fetched { status: 200, headers: vec![("a".to_owned(), "b".to_owned())], body }
        }
        other => Answer::Broken(format!("nobody expects {other:?}")),
    };
    let mut stage = Stage::granted(web(&["a.org"]), node);
    let script = script().fetch("GET", "https://a.org/1", 0).fetch("GET", "https://a.org/off", 0);
    let script = script.fetch("PUT", "https://a.org/", 0).fetch("POST", "https://a.org/down", 3);
    let script = script.fetch("GET", "https://b.org/", 0).fetch("HEAD", "https://a.org/2", 0);
    let finished = stage.observe(script);
    let heard = said(&finished);
    assert_eq!((heard[0], heard[1], heard[3], heard[5]), ("+GET", "dredirected off", "fno answer", "+HEAD"));
    assert!(heard[2].starts_with("duse GET") && heard[4].starts_with("d"), "{heard:?}");
    let Ok(Ok(Done::Observed(bytes))) = finished.result else { panic!("not observed") };
    let recording: Recording = codec::decode(&bytes, bytes.len()).unwrap();
    let urls: Vec<&str> = recording.exchanges.iter().map(|(exchange, _)| exchange.url.as_str()).collect();
    assert_eq!(urls, ["https://a.org/1", "https://a.org/off", "https://a.org/down", "https://a.org/2"]);
    assert_eq!(recording.exchanges[1].1, Answer::Denied("redirected off".to_owned()));
}

#[test]
fn the_web_has_bounds() {
    let answer = |bytes: usize| {
        move |_: Question| Answer::Fetched { status: 200, headers: Vec::new(), body: vec![b'a'; bytes] }
    };
    let get = |script: Script, body| script.fetch("POST", "https://a.org/", body);
    let verdicts = |finished: &Finished| {
        finished
            .calls
            .iter()
            .filter(|calls| calls.name == "web.fetch")
            .map(|calls| calls.verdict)
            .collect::<Vec<_>>()
    };
    let mut stage = Stage::granted(web(&["*.org"]), answer(1));
    assert_eq!(verdicts(&stage.observe(get(script().grow(9), 256 << 10))), [Verdict::Exceeded]);
    let many = (0..65).fold(script(), |script, _| get(script, 0));
    let finished = stage.observe(many);
    assert_eq!(said(&finished)[64], "x64 exchanges are made already");
    let mut stage = Stage::granted(web(&["*.org"]), answer(2 << 20));
    assert_eq!(verdicts(&stage.observe(get(script(), 0))), [Verdict::Exceeded]);
    let mut stage = Stage::granted(web(&["*.org"]), answer(1 << 20));
    let finished = stage.observe((0..5).fold(script(), |script, _| get(script, 0)));
    assert!(said(&finished)[3].starts_with("xthe recording"), "{:?}", said(&finished));
    assert!(finished.result.is_ok());
}

#[test]
fn artifacts_are_read_by_name_and_kept_within_bounds() {
    let named = Digest::of(b"named");
    let grants =
        Capabilities { artifacts: [named].into(), kept_bytes_max: 100_000, ..Capabilities::default() };
    let node = |question| match question {
        Question::ArtifactRead { digest, offset: 2, length } => {
            assert_eq!((digest, length), (Digest::of(b"named"), 1 << 20));
            Answer::Artifact(b"piece".to_vec())
        }
        Question::ArtifactKeep(bytes) => Answer::Kept(Digest::of(&bytes)),
        other => Answer::Broken(format!("nobody expects {other:?}")),
    };
    let mut stage = Stage::granted(grants, node);
    let script_ = script().read(&named.to_string(), 2, u32::MAX).read(&Digest::ZERO.to_string(), 2, 1);
    let script_ = script_.read("../named", 2, 1).keep("log").grow(9);
    let finished = stage.score(script_.keep_large(200_000).keep_large(99_998));
    let heard = said(&finished);
    assert_eq!((heard[0], heard[3]), ("+piece", format!("+{}", Digest::of(b"log")).as_str()));
    assert!(heard[1].starts_with("dthe manifest does not name") && heard[2].starts_with('d'), "{heard:?}");
    assert!(
        heard[4].starts_with("xall that is kept") && heard[5].starts_with("xall that is kept"),
        "{heard:?}"
    );
    assert_eq!(measured(finished).kept, [Digest::of(b"log")]);
    let many = (0..9).fold(script(), |script, number| script.keep(&number.to_string()));
    let finished = stage.score(many);
    assert_eq!(said(&finished)[8], "x8 pieces are kept already");
    assert_eq!(measured(finished).kept.len(), 8);
}

#[test]
fn a_node_that_cannot_answer_or_lies_ends_the_run_without_an_outcome() {
    for answer in [Answer::Broken("no disk".to_owned()), Answer::Keys(Vec::new())] {
        let mut stage = Stage::granted(state(), move |_| answer.clone());
        assert!(matches!(stage.score(script().get("k")).result, Err(Trouble::Host(_))));
    }
    let other = |_| Answer::Kept(Digest::ZERO);
    let grants = Capabilities { kept_bytes_max: 9, ..Capabilities::default() };
    assert!(matches!(Stage::granted(grants, other).score(script().keep("k")).result, Err(Trouble::Host(_))));
}

#[test]
fn every_call_costs_a_thousand_units_and_one_for_each_byte() {
    let fuel = |bytes: usize| {
        let value = "v".repeat(bytes);
        measured(Stage::granted(state(), keeper(&[("key", &value)])).score(script().get("key"))).fuel
    };
    let nothing = measured(Stage::default().score(script())).fuel;
    assert!(fuel(0) > nothing + 2_000, "the call and the line about it");
    // The line is cut at 500 bytes; beyond that only the value costs, and the copy of it into the guest nothing.
    assert_eq!(fuel(5_000) - fuel(4_000), 1_000);
}
