//! Commands that look: submissions, challenges, boards, weights, seals.

use crate::cli::{ChallengeCommand, Global, SubmissionCommand};
use crate::client::Client;
use crate::output::{Failure, Output, table};
use agon_types::{ChallengeId, SubmissionId};
use serde_json::Value;

/// What is no name at all is a fault of the command.
fn usage(problem: impl std::fmt::Display) -> Failure {
    Failure::Usage(problem.to_string())
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

/// Every field of a document, one a line; deeper ones as JSON.
fn fields(document: &Value) -> String {
    let entries = document.as_object().into_iter().flatten();
    let rows: Vec<Vec<String>> = entries.map(|(name, value)| vec![name.clone(), text(value)]).collect();
    table(&["field", "value"], &rows)
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
            let id: SubmissionId = id.parse().map_err(usage)?;
            let document = hub.get(&format!("/v1/submissions/{id}")).await?;
            output.result(&document, || story(&document));
        }
    }
    Ok(())
}

/// A submission in words: what it is, and each step of its way.
fn story(document: &Value) -> String {
    let head = ["id", "challenge", "label", "hotkey", "version", "status", "score", "reason", "detail"];
    let head = head.iter().filter(|name| !document[**name].is_null());
    let head: Vec<_> = head.map(|name| vec![(*name).to_owned(), text(&document[*name])]).collect();
    let steps = columns(&document["steps"], &["step", "state", "at"]);
    format!("{}\n\n{steps}", table(&["field", "value"], &head))
}

pub async fn challenge(global: &Global, command: ChallengeCommand, output: Output) -> Result<(), Failure> {
    let hub = Client::of(global)?;
    match command {
        ChallengeCommand::List => {
            let list = hub.get("/v1/challenges").await?;
            let shown = ["id", "title", "version", "status"];
            output.result(&list, || columns(&list["items"], &shown));
        }
        ChallengeCommand::Show { id } => {
            let id: ChallengeId = id.parse().map_err(usage)?;
            let document = hub.get(&format!("/v1/challenges/{id}")).await?;
            output.result(&document, || fields(&document));
        }
    }
    Ok(())
}

pub async fn board(global: &Global, challenge: &str, output: Output) -> Result<(), Failure> {
    let challenge: ChallengeId = challenge.parse().map_err(usage)?;
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
    output.result(&document, || serde_json::to_string_pretty(&document).unwrap_or_default());
    Ok(())
}
