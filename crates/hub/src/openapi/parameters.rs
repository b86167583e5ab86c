//! What an address and its query say, each under the name by which the table of routes calls it.

use super::schemas::{count, number, reference};
use crate::limits;
use crate::view::words;
use serde_json::{Value, json};

pub(super) fn all() -> Value {
    let digest = || reference("Digest");
    let challenge = || reference("ChallengeId");
    let limit = |most: usize| json!({ "type": "integer", "minimum": 1, "maximum": most });
    json!({
        "ChallengeId": named("id", challenge()),
        "BoardChallenge": named("challenge", challenge()),
        "SubmissionId": named("id", digest()),
        "EpochNumber": named("number", number()),
        "ValidatorHotkey": named("hotkey", reference("Hotkey")),
        "PosterHotkey": named("hotkey", reference("Hotkey")),
        "ArtifactDigest": named("digest", digest()),
        "RoutePath": named("path", json!({ "type": "string" })),
        "UploadToken": named("token", json!({ "type": "string" })),
        "Challenge": asked("challenge", "only those of this challenge", challenge()),
        "Miner": asked("hotkey", "only those of this miner", reference("Hotkey")),
        "Status": asked(
            "status", "only those with this status", json!({ "type": "string", "enum": words::STATUSES })
        ),
        "Limit": asked("limit", "items of the page", limit(limits::PAGE_MAX)),
        "Cursor": asked("cursor", "`next` of the page before, unchanged", json!({ "type": "string" })),
        "From": { "name": "from", "in": "query", "required": true, "schema": { "type": "integer", "minimum": 1 } },
        "BlocksLimit": asked("limit", "blocks of the page", limit(limits::BLOCKS_MAX)),
        "WaitMs": asked("wait_ms", "how long to wait for a block that is not there yet", count()),
        "After": asked("after", "the number of the last event that the listener knows", number()),
        "Types": asked(
            "types",
            "types of events, or prefixes such as `submission.*`, with commas between",
            json!({ "type": "string" })
        ),
        "LastEventId": header("Last-Event-ID", "where a listener that comes back was; before `after`"),
        "IfNoneMatch": header("If-None-Match", "the ETag of the document that the reader has"),
    })
}

fn named(name: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn asked(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn header(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } })
}
