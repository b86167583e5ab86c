//! Every command with `--json`: exactly one document, or lines of them, and an exit code that says who has to act.

use crate::network::{Network, agon, beside_others};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest wait for the first seal.
const SEAL: Duration = Duration::from_secs(60);
/// Between two looks.
const POLL: Duration = Duration::from_millis(300);

/// Writes an agent that no network has seen: an example one, and a section that nobody reads.
pub fn fresh_agent(path: &Path) {
    const GREEDY: &[u8] = include_bytes!("../agents/route-greedy/dist/route-greedy.wasm");
    /// A custom section: its id, the length of what follows, the length of its name, its name, and its content.
    const SECTION: &[u8] = b"\x00\x0a\x05fresh2026";
    std::fs::write(path, [GREEDY, SECTION].concat()).expect("the folder can be written");
}

/// Makes a key known to the chain and enters an agent with it, as a miner does; returns its id.
pub fn enter(folder: &Path, hub: &str, (key, agent): (&str, &Path)) -> String {
    let with = ["--hub", hub, "--key", key];
    document(folder, &[&["chain", "register"], &with[..]].concat(), "/block");
    let agent = agent.to_str().expect("the folder's name is text");
    let submit = [&["submit", agent, "--challenge", "route"], &with[..]].concat();
    document(folder, &submit, "/id")
}

/// Runs a command that has to succeed, and parses each line that it prints.
fn lines(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let (code, stdout, stderr) = agon(folder, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{arguments:?}: {stderr}");
    assert!(stdout.ends_with('\n'), "{arguments:?} ends its line: {stdout}");
    let document = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{arguments:?}: {line}"));
    stdout.lines().map(document).collect()
}

/// Runs a command that has to print one document, with something at this place in it.
pub fn document(folder: &Path, arguments: &[&str], place: &str) -> String {
    let printed = lines(folder, arguments);
    assert_eq!(printed.len(), 1, "{arguments:?} prints one document");
    match printed[0].pointer(place) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => panic!("{arguments:?} has no {place}: {}", printed[0]),
        Some(other) => other.to_string(),
    }
}

fn documents(folder: &Path, hub: &str, submission: &str) {
    let cases: [(&[&str], &str); 15] = [
        (&["key", "list"], "/items/0/hotkey"),
        (&["key", "show", "tester"], "/hotkey"),
        (&["submission", "list"], "/items/0/id"),
        (&["submission", "list", "--challenge", "route", "--status", "announced"], "/items"),
        (&["submission", "show", submission], "/steps/6/step"),
        (&["challenge", "list"], "/items/1/id"),
        (&["challenge", "show", "route"], "/manifest/code"),
        (&["board", "route"], "/rows"),
        (&["weights"], "/weights/0/units"),
        (&["weights", "--epoch", "0"], "/weights/0/units"),
        (&["seal", "show", "0"], "/sealed"),
        (&["doctor"], "/items/8/good"),
        (&["completions", "bash"], "/script"),
        (&["completions", "fish"], "/script"),
        (&["man"], "/page"),
    ];
    for (arguments, place) in cases {
        document(folder, &[arguments, &["--hub", hub]].concat(), place);
    }
}

/// A trial takes its opponents from the board and its state from the hub, and enters nothing.
fn trial(folder: &Path, hub: &str) {
    let agent = folder.join("greedy.wasm");
    std::fs::write(&agent, include_bytes!("../agents/duel-greedy/dist/duel-greedy.wasm")).unwrap();
    let submit = ["submit", agent.to_str().unwrap(), "--challenge", "duel", "--dry-run", "--hub", hub];
    document(folder, &submit, "/outcome/scored/0/fuel");
}

/// Posts arrive under the next number, the same one counts once, and what is refused says why.
fn posts(folder: &Path, hub: &str) {
    let with = |rest: &[&str]| -> Vec<String> {
        let all = [&["challenge", "post", "duel"], rest, &["--key", "tester", "--hub", hub]].concat();
        all.into_iter().map(str::to_owned).collect()
    };
    let run = |rest: &[&str]| -> (i32, String, String) {
        let arguments = with(rest);
        agon(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let printed = |rest: &[&str], place: &str| {
        let arguments = with(rest);
        document(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>(), place)
    };
    let file = folder.join("post");
    std::fs::write(&file, "Ann the First").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(printed(&["Ann"], "/sequence"), "1");
    assert_eq!(printed(&["Ann", "--sequence", "1"], "/sequence"), "1");
    let (code, _, stderr) = run(&["Bob", "--sequence", "1"]);
    assert!(code == 1 && stderr.contains("use a higher one [stale_sequence]"), "{code}: {stderr}");
    assert_eq!(printed(&["--file", file], "/sequence"), "2");
    // Two in an epoch are allowed; epochs go on meanwhile, so it may take more than one.
    let refused = (0..60).map(|_| run(&["Ann"])).find(|(code, ..)| *code != 0);
    let (code, _, stderr) = refused.expect("there is a quota");
    assert!(code == 1 && stderr.contains("wait for the next [quota_exceeded]"), "{code}: {stderr}");
    std::fs::write(file, vec![b'x'; 4097]).unwrap();
    let (code, _, stderr) = run(&["--file", file]);
    assert!(code == 1 && stderr.contains("more than the 4096 bytes"), "{code}: {stderr}");
    let (code, _, stderr) = run(&["--file", "/nowhere"]);
    assert!(code == 1 && stderr.contains("cannot read /nowhere"), "{code}: {stderr}");
    for wrong in [&[][..], &["Ann", "--file", file]] {
        assert_eq!(run(wrong).0, 2, "{wrong:?}");
    }
    let (code, _, stderr) =
        agon(folder, &["challenge", "post", "route", "x", "--key", "tester", "--hub", hub]);
    assert!(code == 1 && stderr.contains("[no_inbox]"), "{code}: {stderr}");
}

/// What needs no hub: a key is made, taken over, and signs.
fn keys(folder: &Path) {
    let text = folder.join("text");
    std::fs::write(&text, "what is signed").unwrap();
    let text = text.to_str().unwrap();
    let hotkey = document(folder, &["key", "new", "tester"], "/hotkey");
    let keyfile = folder.join("keys/tester");
    let taken = document(folder, &["key", "import", "copy", keyfile.to_str().unwrap()], "/hotkey");
    assert_eq!(taken, hotkey);
    let signature = document(folder, &["key", "sign", text, "--key", "tester"], "/signature");
    assert_eq!(document(folder, &["key", "verify", &hotkey, &signature, text], "/valid"), "true");
    let (code, stdout, stderr) = agon(folder, &["--json", "key", "verify", &hotkey, &signature, "/dev/null"]);
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
}

/// Failures print no document; the doctor's prints its findings.
fn failures(folder: &Path, hub: &str) {
    let agent = folder.join("fresh.wasm");
    let agent = agent.to_str().unwrap();
    let nowhere = "http://127.0.0.1:1";
    let cases: [(&[&str], &str, i32); 18] = [
        (&["key", "show", "nobody"], hub, 1),
        (&["key", "new", "tester"], hub, 1),
        (&["board", "chess"], hub, 1),
        (&["challenge", "show", "chess"], hub, 1),
        (&["seal", "show", "1000000"], hub, 1),
        (&["key"], hub, 2),
        (&["submission", "show", "nothing"], hub, 2),
        (&["board", "route"], "nonsense", 2),
        (&["weights", "--epoch", "last"], hub, 2),
        (&["completions", "tortoise"], hub, 2),
        (&["submission", "list"], nowhere, 3),
        (&["challenge", "list"], nowhere, 3),
        (&["board", "route"], nowhere, 3),
        (&["weights"], nowhere, 3),
        (&["seal", "show", "0"], nowhere, 3),
        (&["chain", "register", "--key", "tester"], nowhere, 3),
        (&["chain", "register", "--key", "tester", "--chain", nowhere], hub, 3),
        (&["submit", agent, "--challenge", "route", "--key", "tester"], nowhere, 3),
    ];
    for (arguments, hub, expected) in cases {
        let (code, stdout, stderr) = agon(folder, &[&["--json", "--hub", hub], arguments].concat());
        assert_eq!(code, expected, "{arguments:?}: {stderr}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(!stderr.trim().is_empty(), "{arguments:?} says why");
    }
    let (code, stdout, stderr) = agon(folder, &["--json", "--hub", nowhere, "doctor"]);
    assert_eq!(code, 1, "{stderr}");
    let findings: Value = serde_json::from_str(&stdout).expect("one document");
    let found = |what: &str| {
        let found =
            findings["items"].as_array().into_iter().flatten().find(|finding| finding["what"] == what);
        found.unwrap_or_else(|| panic!("nothing is said of {what}: {findings}"))
    };
    assert_eq!(found("hub")["good"], false, "{findings}");
    assert!(found("hub")["remedy"].is_string(), "{findings}");
    for what in ["space", "ports"] {
        assert!(found(what)["found"].is_string(), "{findings}");
    }
}

/// A look at the newest weights succeeds once an epoch is sealed.
fn first_seal(folder: &Path, hub: &str) {
    let deadline = Instant::now() + SEAL;
    while agon(folder, &["weights", "--hub", hub]).0 != 0 {
        assert!(Instant::now() < deadline, "no epoch is sealed");
        std::thread::sleep(POLL);
    }
}

#[test]
fn every_command_prints_one_document_and_says_by_its_code_who_has_to_act() {
    let _room = beside_others();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let network = Network::start(folder, &["--validators", "1", "--epoch", "6s"]);
    let started = network.event("started", Duration::from_secs(60)).expect("it starts");
    let hub = started["hub"].as_str().unwrap();
    keys(folder);
    assert!(network.event("entered", Duration::from_secs(60)).is_some(), "the challenges are open");
    let agent = folder.join("fresh.wasm");
    fresh_agent(&agent);
    let submission = enter(folder, hub, ("tester", &agent));
    first_seal(folder, hub);
    documents(folder, hub, &submission);
    failures(folder, hub);
    posts(folder, hub);
    trial(folder, hub);
    let agent = agent.to_str().unwrap();
    let again = ["submit", agent, "--challenge", "route", "--hub", hub, "--key", "tester", "--wait"];
    let followed = lines(folder, &again);
    let last = followed.last().expect("it says at least one status");
    assert_eq!(last["id"], submission.as_str(), "the same artifact is the same submission");
    assert!(last["score"].is_string(), "it was followed to its score: {last}");
}
