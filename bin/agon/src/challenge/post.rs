//! `agon challenge post`: a message into the inbox of a challenge, signed by the hotkey of --key.

use super::publish::send;
use crate::cli::{Global, Message};
use crate::client::Client;
use crate::key;
use crate::output::{Failure, Output};
use crate::submit::with_remedy;
use agon_types::limits::POST_BYTES_MAX;
use agon_types::{ActionBody, ChallengeId, Hotkey, Post};
use serde_json::json;
use std::io::Read as _;

pub async fn run(global: &Global, (id, message): (&str, Message), output: Output) -> Result<(), Failure> {
    let challenge: ChallengeId = id.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    let sequence = message.sequence;
    let message = bytes(message)?;
    let hotkey = key::read(&key::locate(global, &global.key))?;
    let hub = Client::of(global)?;
    let sequence = match sequence {
        Some(sequence) => sequence,
        None => next(&hub, &challenge, hotkey.hotkey()).await?,
    };
    let post = Post { challenge: challenge.clone(), hotkey: hotkey.hotkey(), sequence, message };
    let size = post.message.len();
    let decided = send(&hub, &hotkey, ActionBody::Post(post)).await;
    let decided = decided.map_err(|failure| again(with_remedy(failure, &global.key), sequence))?;
    let document = json!({
        "challenge": challenge, "hotkey": hotkey.hotkey(), "sequence": sequence, "bytes": size,
        "height": decided["height"],
    });
    output.result(&document, || {
        format!("{size} bytes are in the inbox of {challenge}, as number {sequence} of {}", hotkey.hotkey())
    });
    Ok(())
}

/// The message, of which nothing is cut off: what is too large is refused before it is signed.
fn bytes(message: Message) -> Result<Vec<u8>, Failure> {
    let bytes = match (message.text, message.file) {
        (Some(text), _) => text.into_bytes(),
        (None, Some(path)) => {
            let unreadable =
                |error: std::io::Error| Failure::refused(format!("cannot read {}: {error}", path.display()));
            let mut bytes = Vec::new();
            let limit = POST_BYTES_MAX as u64 + 1;
            let read = match path.as_os_str() == "-" {
                true => std::io::stdin().take(limit).read_to_end(&mut bytes),
                false => std::fs::File::open(&path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
            };
            read.map_err(unreadable)?;
            bytes
        }
        (None, None) => return Err(Failure::Usage("name a text, or a file with --file".to_owned())),
    };
    match bytes.len() <= POST_BYTES_MAX {
        true => Ok(bytes),
        false => Err(Failure::refused(format!(
            "the message has more than the {POST_BYTES_MAX} bytes of one post: shorten it, or post it in parts"
        ))),
    }
}

/// The sequence after the last one that the ledger knows.
async fn next(hub: &Client, challenge: &ChallengeId, hotkey: Hotkey) -> Result<u64, Failure> {
    let known = hub.get(&format!("/v1/challenges/{challenge}/posters/{hotkey}")).await?;
    let last = known["sequence"].as_u64().unwrap_or(0);
    last.checked_add(1).ok_or_else(|| {
        Failure::refused(format!("{hotkey} has used the highest sequence there is: post with another hotkey"))
    })
}

/// What was sent and may still be decided is not to be sent a second time under another number.
fn again(failure: Failure, sequence: u64) -> Failure {
    match failure {
        Failure::Refused(problem) if problem.ends_with("[not_decided]") => Failure::Refused(format!(
            "{problem}: send the same with `--sequence {sequence}`, so that it is taken once"
        )),
        other => other,
    }
}
