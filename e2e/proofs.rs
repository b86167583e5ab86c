//! A score, checked by somebody who has a file and the digest of a genesis, and nothing else.

use crate::network::{AGON, Network, agon, beside_others};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest wait for the first score.
const SCORE: Duration = Duration::from_secs(60);
/// Between two looks.
const POLL: Duration = Duration::from_millis(300);

/// `agon verify` in a folder, with no environment to find anything by.
pub fn verified(folder: &Path, file: &str, genesis: &str) -> (i32, String, String) {
    let run = Command::new(AGON)
        .args(["--json", "verify", file, "--genesis", genesis])
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .output();
    let output = run.expect("the binary was built");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Asks the hub for a proof until there is one; before, it says that there is none yet.
fn proof(data: &Path, id: &str, file: &Path) -> Value {
    let file = file.to_str().unwrap();
    let deadline = Instant::now() + SCORE;
    loop {
        let (code, stdout, stderr) = agon(data, &["--json", "proof", id, "-o", file]);
        if code == 0 {
            return serde_json::from_str(&stdout).expect("one document");
        }
        assert!(code == 1 && stderr.contains("[not_scored]"), "{code}: {stderr}");
        assert!(Instant::now() < deadline, "nothing is scored: {stderr}");
        std::thread::sleep(POLL);
    }
}

#[test]
fn a_proof_holds_where_there_is_no_network_and_no_data_and_a_changed_byte_does_not() {
    let _room = beside_others();
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let network = Network::start(data.path(), &["--validators", "1", "--epoch", "4s"]);
    let entered = network.event("entered", SCORE).expect("the challenges are open");
    let id = entered["submission"].as_str().unwrap();
    let file = elsewhere.path().join("score.proof");
    let told = proof(data.path(), id, &file);
    let (code, shown, _) = agon(data.path(), &["--json", "submission", "show", id]);
    assert_eq!(code, 0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let (code, _, stderr) = agon(data.path(), &["proof", &"0".repeat(64), "-o", "/dev/null"]);
    assert!(code == 1 && stderr.contains("[unknown_submission]"), "{stderr}");
    let genesis = std::fs::read_to_string(data.path().join("genesis.digest")).unwrap();
    let genesis = genesis.trim();
    network.kill();
    drop(data);

    let (code, stdout, stderr) = verified(elsewhere.path(), "score.proof", genesis);
    assert_eq!(code, 0, "{stderr}");
    let proven: Value = serde_json::from_str(&stdout).expect("one document");
    for field in ["submission", "challenge", "epoch", "score", "height", "network"] {
        assert!(!proven[field].is_null(), "{field}: {proven}");
        assert_eq!(proven[field], told[field], "{field}");
    }
    assert_eq!((&proven["submission"], &proven["challenge"]), (&entered["submission"], &shown["challenge"]));
    assert_eq!(proven["score"], shown["score"]);
    assert_eq!(proven["genesis"], genesis);
    let here: Vec<_> =
        std::fs::read_dir(elsewhere.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(here, ["score.proof"], "it leaves nothing behind");
    refused(elsewhere.path(), genesis);
}

/// What is not exactly this proof of this network, with the code of each refusal.
fn refused(folder: &Path, genesis: &str) {
    let bytes = std::fs::read(folder.join("score.proof")).unwrap();
    let refused = |file: &str, genesis: &str, expected: i32, code: &str| {
        let (exit, stdout, stderr) = verified(folder, file, genesis);
        assert_eq!((exit, stdout.as_str()), (expected, ""), "{file}: {stderr}");
        assert!(stderr.contains(code), "{file}: {stderr}");
    };
    refused("score.proof", &"0".repeat(64), 1, "[wrong_genesis]");
    refused("score.proof", "nonsense", 2, "64 hexadecimal characters");
    refused("nothing.proof", genesis, 1, "nothing.proof");
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        std::fs::write(folder.join("changed.proof"), changed).unwrap();
        refused("changed.proof", genesis, 1, "changed.proof proves nothing");
    }
    std::fs::write(folder.join("changed.proof"), &bytes[..bytes.len() - 1]).unwrap();
    refused("changed.proof", genesis, 1, "[malformed_proof]");
    std::fs::write(folder.join("changed.proof"), "a score of 1").unwrap();
    refused("changed.proof", genesis, 1, "[not_a_proof]");
}
