//! The commands that documents tell their readers to type, typed as they stand there, in their order.

use crate::documents::{blocks, of, root};
use crate::network::{AGON, Network, agon, beside_others};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where a reader finds commands.
const DOCUMENTS: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs"];
/// What a shell reads; other fences hold files and answers.
const SHELL: [&str; 3] = ["", "sh", "console"];

/// What another part of `.ci/run` runs, and which; a line that is gone from the documents is an error here.
const ELSEWHERE: [(&str, &str); 3] = [
    ("cargo run -- up", "a whole network to epoch 2"),
    ("cargo run -- up --fresh --until-epoch 2", "a whole network to epoch 2"),
    ("cargo test --workspace", "tests"),
];
/// How the commands begin that stand within a sentence and that nobody types here, and what becomes of them.
const NAMED: [(&str, &str); 6] = [
    ("cargo test", "the part `tests` runs all of them"),
    ("cargo bench", "the part `lints` compiles them; the figures are made by hand, on a quiet machine"),
    (
        "cargo run -p agon-mesh --example loopback",
        "the part `lints` compiles it; the figures are made by hand",
    ),
    ("cargo build -p agon", "its time is taken by hand, from an empty folder"),
    ("agon up", "a whole network to epoch 2"),
    ("agon node --config", "`agon up` runs each of its nodes so"),
];
/// Where guides are: what they build needs a compiler for WASM, so they are typed apart.
const GUIDES: &str = "docs/guides/";
/// What the documents say to do once the network is stopped.
const STOPPED: [&str; 1] = ["agon replay"];

/// The epoch that the documents ask for.
const EPOCH: &str = "2";
/// Longest wait for its seal, and the time between two looks.
const SEAL: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(300);

/// Every command line, with the place where it stands.
fn commands() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in of(&DOCUMENTS) {
        for block in blocks(&text).into_iter().filter(|block| SHELL.contains(&block.language.as_str())) {
            for (number, line) in (block.line..).zip(&block.lines).filter(|(_, line)| !line.is_empty()) {
                found.push((format!("{path}:{number}"), line.trim_start_matches("$ ").to_owned()));
            }
        }
    }
    found
}

/// Every command within a sentence, with its place: what stands between backticks and begins with a program of ours.
fn sentences() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in of(&DOCUMENTS) {
        let in_blocks: BTreeSet<usize> =
            blocks(&text).iter().flat_map(|block| (block.line..).take(block.lines.len())).collect();
        let prose = (1..).zip(text.lines()).filter(|(number, _)| !in_blocks.contains(number));
        let spans = prose
            .flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |span| (number, span)));
        let commands = spans.filter_map(|(number, span)| Some((format!("{path}:{number}"), bare(span)?)));
        found.extend(commands);
    }
    found
}

/// A command without its environment, its stopwatch and what a reader puts in; nothing where it is none.
fn bare(span: &str) -> Option<String> {
    let span = span.replace("cargo run -- ", "agon ");
    let is_around = |word: &&str| *word == "time" || word.contains('=');
    let is_given = |word: &&str| !word.chars().all(|c| c.is_ascii_uppercase());
    let words: Vec<&str> = span.split_whitespace().skip_while(is_around).take_while(is_given).collect();
    let is_ours =
        words.first().is_some_and(|first| ["agon", "cargo"].contains(first) || first.starts_with("scripts/"));
    let is_name = words.len() == 1 && words[0].len() <= "cargo".len() || words == ["cargo", "run"];
    (is_ours && !is_name && !words.contains(&"--")).then(|| words.join(" "))
}

#[test]
fn every_command_within_a_sentence_is_run_somewhere_or_said_to_be_done_by_hand() {
    let begins = |line: &str, with: &str| line == with || line.starts_with(&format!("{with} "));
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let typed: Vec<String> = commands().iter().filter_map(|(_, line)| bare(line)).collect();
    let mut named = BTreeSet::new();
    for (place, command) in sentences() {
        let by_name = NAMED.iter().find(|(known, _)| begins(&command, known));
        named.extend(by_name.map(|(known, _)| *known));
        let is_typed = typed.iter().any(|line| begins(line, &command));
        let is_part = command.starts_with("scripts/") && ci.lines().any(|line| line.contains(&command));
        assert!(by_name.is_some() || is_typed || is_part, "{place}: nothing runs `{command}`");
    }
    assert_eq!(named, NAMED.map(|(known, _)| known).into(), "what is named is what is written");
}

/// Types a line in a folder that has the network's files and the example agents where the documents have them.
fn typed(folder: &Path, (place, line): &(String, String)) {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let shell = Command::new("sh")
        .args(["-euc", line])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(Stdio::null())
        .output();
    let output = shell.expect("every machine has a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}: `{line}` ends with {}: {said}", output.status);
}

/// A folder as a reader's: `data`, the repository's agents, and `agon` on the path.
fn readers_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("bin")).unwrap();
    std::os::unix::fs::symlink(AGON, folder.path().join("bin/agon")).unwrap();
    std::os::unix::fs::symlink(root().join("agents"), folder.path().join("agents")).unwrap();
    folder
}

/// A command with the id that its reader puts in.
fn named((place, line): &(String, String), id: &str) -> (String, String) {
    let words = line.split(' ').map(|word| if word == "ID" { id } else { word });
    (place.clone(), words.collect::<Vec<_>>().join(" "))
}

#[test]
fn every_command_of_the_documents_does_what_its_reader_expects() {
    let _room = beside_others();
    let (elsewhere, commands): (Vec<_>, Vec<_>) = commands()
        .into_iter()
        .filter(|(place, _)| !place.starts_with(GUIDES))
        .partition(|(_, line)| ELSEWHERE.iter().any(|(known, _)| known == line));
    let elsewhere: BTreeSet<&str> = elsewhere.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(elsewhere, ELSEWHERE.map(|(line, _)| line).into(), "what runs elsewhere is what is written");
    assert!(commands.len() > ELSEWHERE.len(), "the documents have commands");

    let folder = readers_folder();
    let data = folder.path().join("data");
    let network = Network::start(&data, &["--validators", "1", "--epoch", "6s"]);
    let entered = network.event("entered", Duration::from_secs(60)).expect("the challenges are open");
    let id = entered["submission"].as_str().unwrap();
    let deadline = Instant::now() + SEAL;
    while agon(&data, &["seal", "show", EPOCH, "--json"]).0 != 0 {
        assert!(Instant::now() < deadline, "epoch {EPOCH} is not sealed");
        std::thread::sleep(POLL);
    }
    let with_id = commands.iter().map(|command| named(command, id));
    let (stopped, running): (Vec<_>, Vec<_>) =
        with_id.partition(|(_, line)| STOPPED.contains(&line.as_str()));
    running.iter().for_each(|command| typed(folder.path(), command));
    network.kill();
    stopped.iter().for_each(|command| typed(folder.path(), command));
}

#[test]
#[ignore = "needs a compiler for WASM, and builds its library once: .ci/run has both"]
fn the_commands_of_every_guide_lead_where_it_says() {
    let _room = beside_others();
    let commands: Vec<_> = commands().into_iter().filter(|(place, _)| place.starts_with(GUIDES)).collect();
    assert!(!commands.is_empty(), "the guides have commands");
    let folder = readers_folder();
    let network = Network::start(&folder.path().join("data"), &["--validators", "1", "--epoch", "6s"]);
    let entered = network.event("entered", Duration::from_secs(60)).expect("the challenges are open");
    let id = entered["submission"].as_str().unwrap();
    commands.iter().for_each(|command| typed(folder.path(), &named(command, id)));
    let (code, board, said) = agon(&folder.path().join("data"), &["board", "guess", "--json"]);
    assert_eq!(code, 0, "{said}");
    assert!(board.contains("halve"), "what the guide enters is on the board: {board}");
    network.kill();
}
