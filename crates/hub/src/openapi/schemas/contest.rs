//! Challenges, submissions, reports, boards: what the contest is about.

use super::{array, both, count, flag, maybe, number, object, one_of, reference, text};
use crate::view::way;
use serde_json::{Value, json};

pub(super) fn all() -> Value {
    json!({
        "ChallengeLine": challenge_line(),
        "Challenge": both("ChallengeLine", object([("manifest", reference("Manifest"))])),
        "Manifest": manifest(),
        "Slots": slots(),
        "Poster": poster(),
        "SubmissionLine": submission_line(),
        "Submission": both("SubmissionLine", submission()),
        "Step": step(),
        "Measured": measured(),
        "Report": report(),
        "Board": board(),
        "Row": row(),
        "Candidate": candidate(),
    })
}

fn challenge_line() -> Value {
    object([
        ("id", reference("ChallengeId")),
        ("version", count()),
        ("status", text()),
        ("title", text()),
        ("summary", text()),
        ("emission_share", reference("Score")),
        ("champion", maybe(reference("Digest"))),
        ("ranked_epoch", maybe(number())),
        ("coming", maybe(object([("version", count()), ("status", text())]))),
    ])
}

fn slots() -> Value {
    let hexadecimal = json!({ "type": "string", "pattern": "^([0-9a-f]{2})*$" });
    let slot = object([("key", text()), ("value", hexadecimal)]);
    object([("epoch", number()), ("items", array(slot)), ("next", maybe(text()))])
}

fn poster() -> Value {
    object([
        ("challenge", reference("ChallengeId")),
        ("hotkey", reference("Hotkey")),
        ("sequence", maybe(number())),
        ("epoch", number()),
        ("posts", count()),
        ("posts_max", count()),
        ("inbox", count()),
        ("inbox_max", count()),
    ])
}

fn manifest() -> Value {
    let limits = [
        "challenge_fuel",
        "challenge_memory_bytes",
        "agent_fuel",
        "agent_memory_bytes",
        "agent_output_bytes",
        "agent_calls",
        "agent_instances",
        "wall_time_ms",
    ];
    let config = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let benchmark = [("name", text()), ("config", config), ("score_min", reference("Score"))];
    let rule = |plain: &str, detailed: Value| json!({ "anyOf": [one_of(&[plain]), detailed] });
    let approvers = object([("approvers", array(reference("Hotkey")))]);
    let outliers = object([("outlier_bound", reference("Score"))]);
    object([
        ("id", reference("ChallengeId")),
        ("version", count()),
        ("title", text()),
        ("summary", text()),
        ("kind", one_of(&["component"])),
        ("code", reference("Digest")),
        ("engine", text()),
        ("agents", array(one_of(&["component"]))),
        ("artifact_bytes_max", number()),
        ("limits", object(limits.map(|name| (name, number())))),
        ("benchmarks", array(object(benchmark))),
        ("assignment", rule("all", object([("seats", count())]))),
        ("agreement", rule("exact", object([("median", outliers)]))),
        ("rerun_top", count()),
        ("emission_share", reference("Score")),
        ("weight_rule", one_of(&["champion", "proportional", "weigh"])),
        ("decay", maybe(object([("grace_epochs", count()), ("half_life_epochs", count())]))),
        ("win_margin", reference("Score")),
        ("approval", rule("automatic", object([("manual", approvers)]))),
        ("quota_per_epoch", count()),
        ("one_place_per_coldkey", flag()),
        ("not_before_epoch", number()),
        ("capabilities", capabilities()),
        ("opponents", count()),
        ("routes", array(object([("path", text()), ("summary", text())]))),
    ])
}

fn capabilities() -> Value {
    object([
        ("hosts", array(text())),
        ("state_bytes_max", number()),
        ("posts_per_epoch", count()),
        ("artifacts", array(reference("Digest"))),
        ("kept_bytes_max", number()),
        ("submissions", flag()),
    ])
}

fn submission_line() -> Value {
    object([
        ("id", reference("Digest")),
        ("challenge", reference("ChallengeId")),
        ("version", count()),
        ("hotkey", reference("Hotkey")),
        ("label", text()),
        ("kind", one_of(&["component"])),
        ("status", reference("Status")),
        ("score", maybe(reference("Score"))),
        ("score_epoch", maybe(number())),
        ("reason", maybe(reference("FailureReason"))),
        ("explanation", maybe(text())),
        ("artifact", maybe(reference("Digest"))),
        ("announced_at", maybe(reference("Time"))),
        ("height", maybe(number())),
        ("announced_epoch", maybe(number())),
    ])
}

fn submission() -> Value {
    let agreement = object([
        ("challenge_version", count()),
        ("weight", text()),
        ("assigned_weight", text()),
        ("outliers", count()),
    ]);
    object([
        ("size_bytes", number()),
        ("committed_at", maybe(number())),
        ("duplicate_of", maybe(reference("Digest"))),
        ("barred", flag()),
        ("detail", maybe(text())),
        ("benchmarks", array(reference("Measured"))),
        ("agreement", maybe(agreement)),
        ("steps", array(reference("Step"))),
    ])
}

fn step() -> Value {
    object([
        ("step", one_of(&way::NAMES)),
        ("state", one_of(&["waiting", "active", "done", "failed", "skipped"])),
        ("at", maybe(reference("Time"))),
        ("height", maybe(number())),
        ("epoch", maybe(number())),
        ("reason", maybe(text())),
        ("detail", text()),
    ])
}

fn measured() -> Value {
    let metric = object([("name", text()), ("value", json!({ "type": "integer", "format": "int64" }))]);
    object([
        ("benchmark", text()),
        ("score", reference("Score")),
        ("fuel", number()),
        ("metrics", array(metric)),
        ("recording", maybe(reference("Digest"))),
        ("kept", array(reference("Digest"))),
    ])
}

fn report() -> Value {
    let failure = object([("reason", reference("FailureReason")), ("detail", text())]);
    let outcome = json!({ "anyOf": [
        object([("scored", array(reference("Measured")))]),
        object([("failed", failure)]),
        { "type": "null" },
    ] });
    object([
        ("job", text()),
        ("epoch", number()),
        ("round", count()),
        ("verdict", one_of(&["open", "agreed", "disputed", "undecided"])),
        ("state", text()),
        ("validator", reference("Hotkey")),
        ("weight", text()),
        ("commit", maybe(reference("Digest"))),
        ("score", maybe(reference("Score"))),
        ("reason", maybe(reference("FailureReason"))),
        ("explanation", maybe(text())),
        ("outcome", outcome),
    ])
}

fn board() -> Value {
    object([
        ("challenge", reference("ChallengeId")),
        ("title", text()),
        ("version", maybe(count())),
        ("epoch", maybe(number())),
        ("champion", maybe(reference("SubmissionLine"))),
        ("candidate", maybe(reference("SubmissionLine"))),
        ("decision", count()),
        ("rows", array(reference("Row"))),
    ])
}

fn row() -> Value {
    let place = object([
        ("rank", maybe(count())),
        ("old", flag()),
        ("eligible", flag()),
        ("submission", reference("Digest")),
        ("epoch", maybe(number())),
    ]);
    both("SubmissionLine", place)
}

fn candidate() -> Value {
    object([
        ("challenge", reference("ChallengeId")),
        ("submission", reference("Digest")),
        ("hotkey", reference("Hotkey")),
        ("label", text()),
        ("score", maybe(reference("Score"))),
        ("score_epoch", maybe(number())),
        ("number", count()),
        ("champion", maybe(reference("Digest"))),
    ])
}
