//! `agon proof` and `agon verify`: a score on one sheet, and how anyone checks it without asking anyone.

use crate::cli::{Global, ProofOptions, VerifyOptions};
use crate::client::Client;
use crate::output::{Failure, Output, table};
use agon_proof::limits::PROOF_BYTES_MAX;
use agon_proof::{Proof, Proven, verify};
use agon_types::{Digest, Outcome, SubmissionId};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::Path;

/// Submissions that a hub is asked for at once.
const PAGE: usize = 200;

/// Gets a proof from a hub, and checks that it is one before it is kept.
pub async fn get(global: &Global, options: ProofOptions, output: Output) -> Result<(), Failure> {
    let id: SubmissionId = options.submission.parse().map_err(|problem| {
        let remedy = "it has 64 hexadecimal characters, and `agon submission list` has them all";
        Failure::Usage(format!("{problem}: {remedy}"))
    })?;
    let (bytes, proven, genesis) = of_hub(&Client::of(global)?, id).await?;
    std::fs::write(&options.output, &bytes).map_err(|error| in_file(&options.output, &error))?;
    let file = options.output.display().to_string();
    let mut document = told(&proven, genesis);
    document["file"] = json!(file);
    document["size_bytes"] = json!(bytes.len());
    output.result(&document, || {
        let check =
            format!("check it with `agon verify {file} --genesis DIGEST`, with a digest that you trust");
        format!("{}\n\n{file} has {} bytes; {check}", words(&document), bytes.len())
    });
    Ok(())
}

/// The proof of a submission that a hub has, with what it shows to those who believe the hub's genesis.
async fn of_hub(hub: &Client, id: SubmissionId) -> Result<(Vec<u8>, Proven, Digest), Failure> {
    let answer = hub.get(&format!("/v1/proofs/submissions/{id}")).await?;
    let wrong = |problem: &dyn std::fmt::Display| {
        Failure::Refused(format!(
            "the hub gave a proof that does not hold: {problem}; ask another with --hub"
        ))
    };
    let bytes = answer["proof"].as_str().and_then(|text| hex::decode(text).ok()).unwrap_or_default();
    let proof = Proof::decode(&bytes).map_err(|malformed| wrong(&malformed))?;
    let genesis = proof.genesis.digest();
    let proven = verify(&proof, genesis).map_err(|invalid| wrong(&invalid))?;
    if proven.submission != id {
        return Err(wrong(&"it is of another submission"));
    }
    Ok((bytes, proven, genesis))
}

/// Checks a proof in a file. Nothing but the file and the digest counts: no hub, no chain, no data directory.
pub fn check(options: &VerifyOptions, output: Output) -> Result<(), Failure> {
    let bytes = read(&options.file)?;
    let refused = |problem: &dyn std::fmt::Display, code: &str| {
        Failure::Refused(format!("{} proves nothing: {problem} [{code}]", options.file.display()))
    };
    let proof = Proof::decode(&bytes).map_err(|malformed| refused(&malformed, malformed.code()))?;
    let proven = verify(&proof, options.genesis).map_err(|invalid| refused(&invalid, invalid.code()))?;
    let document = told(&proven, options.genesis);
    output.result(&document, || format!("the proof holds\n\n{}", words(&document)));
    Ok(())
}

/// The bytes of a file, and no more of them than a proof can have.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| in_file(path, &error))?;
    let mut bytes = Vec::new();
    // One byte more than all that a proof has says that it is too large.
    let most = PROOF_BYTES_MAX as u64 + 1024;
    file.take(most).read_to_end(&mut bytes).map_err(|error| in_file(path, &error))?;
    Ok(bytes)
}

fn in_file(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Refused(format!("{}: {error}", path.display()))
}

/// Writes the proof of every submission that has a score into a folder; the number of them.
pub async fn write_all(hub: &Client, folder: &Path) -> Result<usize, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| in_file(folder, &error))?;
    let (mut cursor, mut count) = (String::new(), 0);
    loop {
        let page = hub.get(&format!("/v1/submissions?limit={PAGE}{cursor}")).await?;
        let scored = page["items"].as_array().into_iter().flatten().filter(|item| item["score"].is_string());
        for id in scored.filter_map(|item| item["id"].as_str()?.parse().ok()) {
            let (bytes, _, _) = of_hub(hub, id).await?;
            let path = folder.join(format!("{id}.proof"));
            std::fs::write(&path, bytes).map_err(|error| in_file(&path, &error))?;
            count += 1;
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(count),
        }
    }
}

/// What is proven, for programs.
fn told(proven: &Proven, genesis: Digest) -> Value {
    let reason = match &proven.agreed.outcome {
        Outcome::Failed(failure) => Some(failure.reason.code()),
        _ => None,
    };
    json!({
        "network": proven.network,
        "genesis": genesis,
        "challenge": proven.challenge,
        "challenge_version": proven.version,
        "submission": proven.submission,
        "epoch": proven.epoch,
        "score": proven.agreed.score,
        "reason": reason,
        "agreed_weight": proven.agreed.weight.to_string(),
        "assigned_weight": proven.agreed.assigned_weight.to_string(),
        "height": proven.height,
        "time_ms": proven.time_ms,
        "signers": proven.signers,
        "voters": proven.voters,
        "signed_power": proven.signed_power.to_string(),
        "whole_power": proven.whole_power.to_string(),
        "handovers": proven.handovers,
    })
}

/// The same for people.
fn words(document: &Value) -> String {
    let text = |name: &str| match &document[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let of = |part: &str, whole: &str| format!("{} of {}", text(part), text(whole));
    let names =
        ["network", "genesis", "challenge", "challenge_version", "submission", "epoch", "score", "reason"];
    let there = names.iter().filter(|name| !document[**name].is_null());
    let mut rows: Vec<Vec<String>> = there.map(|name| vec![(*name).to_owned(), text(name)]).collect();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    row("agreed weight", of("agreed_weight", "assigned_weight"));
    row("height", text("height"));
    row("voters that signed", of("signers", "voters"));
    row("power that signed", of("signed_power", "whole_power"));
    row("changes of the voters", text("handovers"));
    table(&["proven", "value"], &rows)
}
