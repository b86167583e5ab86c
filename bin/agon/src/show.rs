//! Commands that look: submissions, challenges, boards, weights, seals.

use crate::cli::{Global, SubmissionCommand};
use crate::client::Client;
use crate::output::{Failure, Output, table};
use agon_types::{ChallengeId, SubmissionId};
use serde_json::Value;

/// What is no name at all is a fault of the command, which another command mends.
fn usage(remedy: &str) -> impl Fn(&dyn std::fmt::Display) -> Failure {
    move |problem| Failure::Usage(format!("{problem}: {remedy}"))
}

fn challenge_id(text: &str) -> Result<ChallengeId, Failure> {
    text.parse().map_err(|problem| usage("`agon challenge list` has the ids")(&problem))
}

/// A field as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Some fields of every item, as lines.
fn columns(list: &Value, fields: &[&str]) -> String {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<Vec<String>> =
        items.iter().map(|item| fields.iter().map(|field| text(&item[*field])).collect()).collect();
    table(fields, &rows)
}

/// Some fields of a document, one a line; those that are not there are left out.
fn fields(document: &Value, names: &[&str]) -> String {
    let there = names.iter().filter(|name| !document[**name].is_null());
    let rows: Vec<Vec<String>> = there.map(|name| vec![(*name).to_owned(), text(&document[*name])]).collect();
    table(&["field", "value"], &rows)
}

/// Every field of a document that has a value, under its whole name: a dot for what is within another, a number for
/// each of several.
fn leaves(prefix: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    let within = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(entries) => entries.iter().for_each(|(name, value)| leaves(&within(name), value, rows)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, item)| leaves(&within(&(at + 1).to_string()), item, rows));
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            rows.push(vec![prefix.to_owned(), items.join(", ")]);
        }
        leaf => rows.push(vec![prefix.to_owned(), text(leaf)]),
    }
}

/// A challenge in words: where it stands, and every rule of its version.
fn rules(document: &Value) -> String {
    let head = fields(document, &["id", "title", "summary", "version", "status", "champion", "ranked_epoch"]);
    let mut rows = Vec::new();
    leaves("", &document["manifest"], &mut rows);
    rows.retain(|row| !["id", "title", "summary", "version"].contains(&row[0].as_str()));
    format!("{head}\n\n{}", table(&["rule", "value"], &rows))
}

pub async fn submission(global: &Global, command: SubmissionCommand, output: Output) -> Result<(), Failure> {
    let hub = Client::of(global)?;
    match command {
        SubmissionCommand::List { challenge, hotkey, status } => {
            let filters = [("challenge", challenge), ("hotkey", hotkey), ("status", status)];
            let given = filters.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
            let query = given.collect::<Vec<_>>().join("&");
            let list = hub.get(&format!("/v1/submissions?{query}")).await?;
            let shown = ["id", "challenge", "label", "version", "status", "score", "reason"];
            output.result(&list, || columns(&list["items"], &shown));
        }
        SubmissionCommand::Show { id } => {
            let remedy = "it has 64 hexadecimal characters, and `agon submission list` has them all";
            let id: SubmissionId = id.parse().map_err(|problem| usage(remedy)(&problem))?;
            let document = hub.get(&format!("/v1/submissions/{id}")).await?;
            output.result(&document, || story(&document));
        }
    }
    Ok(())
}

/// A submission in words: what it is, and each step of its way.
fn story(document: &Value) -> String {
    let names = [
        "id",
        "challenge",
        "label",
        "hotkey",
        "version",
        "status",
        "duplicate_of",
        "score",
        "reason",
        "detail",
    ];
    let steps = columns(&document["steps"], &["step", "state", "at", "detail"]);
    format!("{}\n\n{steps}", fields(document, &names))
}

pub async fn challenges(global: &Global, output: Output) -> Result<(), Failure> {
    let list = Client::of(global)?.get("/v1/challenges").await?;
    output.result(&list, || columns(&list["items"], &["id", "title", "version", "status"]));
    Ok(())
}

pub async fn challenge(global: &Global, id: &str, output: Output) -> Result<(), Failure> {
    let id = challenge_id(id)?;
    let document = Client::of(global)?.get(&format!("/v1/challenges/{id}")).await?;
    output.result(&document, || rules(&document));
    Ok(())
}

pub async fn board(global: &Global, challenge: &str, output: Output) -> Result<(), Failure> {
    let challenge = challenge_id(challenge)?;
    let document = Client::of(global)?.get(&format!("/v1/boards/{challenge}")).await?;
    output.result(&document, || board_text(&document));
    Ok(())
}

/// A board as lines.
pub fn board_text(document: &Value) -> String {
    columns(&document["rows"], &["rank", "label", "score", "status", "reason", "hotkey", "epoch"])
}

pub async fn weights(global: &Global, epoch: Option<u64>, output: Output) -> Result<(), Failure> {
    let path = epoch.map_or("/v1/weights/latest".to_owned(), |epoch| format!("/v1/epochs/{epoch}"));
    let document = Client::of(global)?.get(&path).await?;
    let paid = || columns(&document["weights"], &["hotkey", "uid", "units"]);
    output.result(&document, || format!("epoch {}\n\n{}", document["epoch"], paid()));
    Ok(())
}

pub async fn seal(global: &Global, epoch: u64, output: Output) -> Result<(), Failure> {
    let document = Client::of(global)?.get(&format!("/v1/epochs/{epoch}")).await?;
    output.result(&document, || seal_text(&document));
    Ok(())
}

/// A seal in words: the epoch, what each challenge paid to whom, and the weights.
fn seal_text(document: &Value) -> String {
    let names = [
        "epoch",
        "state",
        "opened_at",
        "opened_height",
        "chain_block",
        "validators",
        "seal",
        "weights_block",
    ];
    let mut parts = vec![fields(document, &names)];
    for paid in document["challenges"].as_array().into_iter().flatten() {
        let points = columns(&paid["points"], &["name", "points", "hotkey"]);
        parts.push(format!("{} pays {}\n{points}", text(&paid["challenge"]), text(&paid["emission_share"])));
    }
    if document["weights"].is_array() {
        parts.push(columns(&document["weights"], &["hotkey", "uid", "units"]));
    }
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_challenge_is_shown_with_every_rule_and_without_json() {
        let manifest = json!({
            "id": "route", "limits": { "agent_calls": 9 }, "agents": ["component"], "decay": null,
            "benchmarks": [{ "name": "a", "config": {} }, { "name": "b", "config": { "cities": "5" } }],
        });
        let shown = rules(&json!({ "id": "route", "status": "active", "manifest": manifest }));
        for row in [
            "id      route",
            "limits.agent_calls          9",
            "benchmarks.2.config.cities  5",
            "agents                      component",
        ] {
            assert!(shown.lines().any(|line| line == row), "{row}: {shown}");
        }
        assert!(!shown.contains(['{', '[']), "{shown}");
    }

    #[test]
    fn a_duplicate_is_shown_with_what_it_is_a_duplicate_of() {
        let steps = json!([{ "step": "vault", "state": "done", "at": null, "detail": "kept" }]);
        let shown = story(&json!({ "id": "a", "status": "duplicate", "duplicate_of": "b", "steps": steps }));
        assert!(shown.contains("duplicate_of  b"), "{shown}");
        assert!(shown.contains("vault  done   -   kept"), "{shown}");
    }

    #[test]
    fn a_seal_is_shown_with_what_each_challenge_paid() {
        let points = json!([{ "name": "lz", "points": 3, "hotkey": "5x" }]);
        let challenges = json!([{ "challenge": "compress", "emission_share": "0.4", "points": points }]);
        let weights = json!([{ "hotkey": "5x", "uid": 1, "units": 1000 }]);
        let shown = seal_text(&json!({ "epoch": 2, "challenges": challenges, "weights": weights }));
        for part in ["epoch  2", "compress pays 0.4", "lz    3", "5x      1    1000"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}
