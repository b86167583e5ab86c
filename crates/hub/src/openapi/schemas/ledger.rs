//! The network, its validators, epochs, weights and blocks: what the contest stands on.

use super::{array, count, flag, maybe, number, object, one_of, reference, text};
use serde_json::{Value, json};

pub(super) fn all() -> Value {
    json!({
        "Health": object([("status", one_of(&["ok"]))]),
        "Readiness": object([("status", one_of(&["ready"])), ("height", number())]),
        "Network": network(),
        "Stats": stats(),
        "Validator": validator(),
        "Epoch": epoch(),
        "Paid": paid(),
        "Seal": seal(),
        "Weight": weight(),
        "Weights": weights(),
        "Proof": proof(),
        "Block": object([("height", number()), ("block", text()), ("certificate", text())]),
    })
}

fn network() -> Value {
    let voter = object([
        ("session", reference("SessionKey")),
        ("hotkey", maybe(reference("Hotkey"))),
        ("stake", maybe(text())),
        ("power", text()),
        ("missed", count()),
    ]);
    let window = || object([("heights", number()), ("ms", number())]);
    let parameters = object([
        ("epoch_blocks", number()),
        ("commit_window", window()),
        ("reveal_window", window()),
        ("power_cap", reference("Score")),
        ("absences_max", count()),
        ("missed_max", count()),
    ]);
    object([
        ("network", reference("NetworkId")),
        ("genesis", reference("Digest")),
        ("version", text()),
        ("protocol_version", count()),
        ("development", flag()),
        ("custody", one_of(&["plain"])),
        ("height", number()),
        ("time", reference("Time")),
        ("chain_block", maybe(number())),
        ("epoch", number()),
        (
            "progress",
            object(["epoch", "first_block", "blocks", "passed", "permille"].map(|name| (name, number()))),
        ),
        ("sealed", maybe(number())),
        ("validators", count()),
        ("voters", array(voter)),
        ("owner", object([("threshold", count()), ("keys", array(reference("Hotkey")))])),
        ("burn", reference("Hotkey")),
        ("parameters", parameters),
    ])
}

fn proof() -> Value {
    let bytes = json!({
        "type": "string", "pattern": "^([0-9a-f]{2})+$",
        "description": "the proof in its canonical encoding, in hexadecimal; `agon verify` and docs/spec.md say how to check it",
    });
    object([
        ("submission", reference("Digest")),
        ("genesis", reference("Digest")),
        ("height", number()),
        ("size_bytes", count()),
        ("proof", bytes),
    ])
}

fn stats() -> Value {
    let counts = || json!({ "type": "object", "additionalProperties": count() });
    object([
        ("height", number()),
        ("epoch", number()),
        ("challenges", counts()),
        ("submissions", counts()),
        ("submissions_total", count()),
        ("miners", count()),
        ("validators", count()),
        ("open_jobs", count()),
        ("state_entries", count()),
    ])
}

fn validator() -> Value {
    let offence = object([("height", number()), ("proven", number()), ("readmitted", maybe(number()))]);
    object([
        ("hotkey", reference("Hotkey")),
        ("session", reference("SessionKey")),
        ("uid", maybe(count())),
        ("stake", maybe(text())),
        ("permit", flag()),
        ("power", maybe(text())),
        ("power_share", number()),
        ("absences", count()),
        ("status", one_of(&["active", "waiting", "ended"])),
        ("offence", maybe(offence)),
    ])
}

/// Pairs of uid and value.
fn vector() -> Value {
    array(json!({ "type": "array", "items": count(), "minItems": 2, "maxItems": 2 }))
}

fn epoch() -> Value {
    let mut epoch = object([
        ("epoch", number()),
        ("state", one_of(&["open", "closing", "sealed"])),
        ("sealed", flag()),
        ("opened_at", reference("Time")),
        ("opened_height", number()),
        ("chain_block", number()),
        ("validators", count()),
        ("weights_block", maybe(number())),
    ]);
    // Only a sealed epoch has these.
    let sealed = [
        ("seal", reference("Digest")),
        ("weights", array(reference("Weight"))),
        ("weights_total", number()),
        ("vector", vector()),
        ("challenges", array(reference("Paid"))),
        ("document", reference("Seal")),
    ];
    for (name, schema) in sealed {
        epoch["properties"][name] = schema;
    }
    epoch
}

fn paid() -> Value {
    let earned = object([
        ("submission", reference("Digest")),
        ("hotkey", reference("Hotkey")),
        ("name", text()),
        ("points", number()),
    ]);
    object([
        ("challenge", reference("ChallengeId")),
        ("emission_share", reference("Score")),
        ("undecayed", reference("Score")),
        ("points", array(earned)),
    ])
}

fn seal() -> Value {
    let points =
        object([("submission", reference("Digest")), ("hotkey", reference("Hotkey")), ("points", number())]);
    let challenge = object([
        ("challenge", reference("ChallengeId")),
        ("version", count()),
        ("emission_share", reference("Score")),
        ("undecayed", reference("Score")),
        ("points", array(points)),
    ]);
    let uid = json!({ "type": "array", "prefixItems": [reference("Hotkey"), count()], "minItems": 2, "maxItems": 2 });
    object([
        ("epoch", number()),
        ("anchor", number()),
        ("burn", reference("Hotkey")),
        ("challenges", array(challenge)),
        ("uids", array(uid)),
        ("weights", array(object([("hotkey", reference("Hotkey")), ("units", number())]))),
        ("vector", vector()),
    ])
}

fn weight() -> Value {
    object([("hotkey", reference("Hotkey")), ("uid", maybe(count())), ("units", number()), ("burn", flag())])
}

fn weights() -> Value {
    object([
        ("epoch", number()),
        ("seal", reference("Digest")),
        ("weights", array(reference("Weight"))),
        ("weights_total", number()),
        ("vector", vector()),
        ("chain", object([("block", maybe(number())), ("set", flag())])),
    ])
}
