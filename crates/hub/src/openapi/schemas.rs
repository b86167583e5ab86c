//! The shapes of documents. Answers may grow fields that a reader does not know; requests may not.

use crate::limits;
use crate::view::words;
use agon_types::FailureReason;
use serde_json::{Map, Value, json};

mod contest;
mod ledger;

pub(super) fn all() -> Value {
    let parts = [scalars(), problems(), contest::all(), ledger::all(), requests()];
    let members = parts.into_iter().flat_map(|part| match part {
        Value::Object(members) => members,
        _ => Map::new(),
    });
    Value::Object(members.collect())
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object whose members are all there.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "required": required, "properties": Map::from_iter(members.clone().map(owned)) })
}

fn owned((name, schema): (&str, Value)) -> (String, Value) {
    (name.to_owned(), schema)
}

/// Both, in one object.
fn both(first: &str, second: Value) -> Value {
    json!({ "allOf": [reference(first), second] })
}

fn array(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// Such, or null.
fn maybe(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

fn one_of(texts: &[&str]) -> Value {
    json!({ "type": "string", "enum": texts })
}

/// A count of things: no more than a program's own numbers can hold.
pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// A height, an epoch, a block of the chain, a number of units.
pub(super) fn number() -> Value {
    json!({ "type": "integer", "format": "uint64", "minimum": 0 })
}

pub(super) fn page(name: &str) -> Value {
    object([("items", array(reference(name))), ("next", maybe(text()))])
}

fn scalars() -> Value {
    let slug = json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$" });
    let hotkey = json!({
        "type": "string", "pattern": "^5[1-9A-HJ-NP-Za-km-z]{47}$", "description": "an SS58 address, of prefix 42",
    });
    json!({
        "ChallengeId": slug,
        "NetworkId": slug,
        "Digest": { "type": "string", "pattern": "^[0-9a-fA-F]{64}$", "description": "SHA-256 in hexadecimal" },
        "SessionKey": { "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "ed25519 in hexadecimal" },
        "Hotkey": hotkey,
        "Score": { "type": "string", "pattern": "^[01]\\.[0-9]{9}$" },
        "Time": { "type": "string", "format": "date-time" },
        "Status": one_of(words::STATUSES),
        "FailureReason": one_of(&REASONS.map(FailureReason::code)),
        "Description": { "type": "object" },
    })
}

const REASONS: [FailureReason; 8] = [
    FailureReason::Trapped,
    FailureReason::OutOfFuel,
    FailureReason::OutOfMemory,
    FailureReason::OutputTooLarge,
    FailureReason::CallsExhausted,
    FailureReason::GaveUp,
    FailureReason::WrongOutput,
    FailureReason::Unloadable,
];

fn problems() -> Value {
    let mut problem = object([
        ("type", json!({ "type": "string", "format": "uri" })),
        ("title", text()),
        ("status", json!({ "type": "integer", "minimum": 400, "maximum": 599 })),
        ("detail", text()),
        ("code", json!({ "type": "string", "pattern": "^[a-z][a-z0-9_]*$" })),
    ]);
    problem["properties"]["errors"] = array(object([("field", text()), ("detail", text())]));
    json!({ super::PROBLEM: problem })
}

/// What comes in, and what is said at once about it.
fn requests() -> Value {
    let closed = |mut schema: Value| {
        schema["additionalProperties"] = json!(false);
        schema
    };
    let hexadecimal = json!({
        "type": "string", "pattern": "^([0-9a-fA-F]{2})*$", "maxLength": limits::DOCUMENT_BYTES_MAX,
        "description": "a signed action in its canonical encoding, in hexadecimal",
    });
    let upload = object([
        ("method", one_of(&["PUT"])),
        ("url", json!({ "type": "string", "format": "uri" })),
        ("headers", json!({ "type": "object", "additionalProperties": { "type": "string" } })),
        ("expires_at", reference("Time")),
    ]);
    let announcing = object([
        ("challenge", reference("ChallengeId")),
        ("version", count()),
        ("kind", one_of(&["component"])),
        ("sha256", reference("Digest")),
        ("size_bytes", number()),
        ("announcement", hexadecimal.clone()),
    ]);
    let mut announced = object([("id", reference("Digest")), ("status", reference("Status"))]);
    announced["properties"]["upload"] = upload;
    announced["properties"]["height"] = maybe(number());
    json!({
        "Action": closed(object([("action", hexadecimal)])),
        "Announcing": closed(announcing),
        "Announced": announced,
        "Kept": object([("sha256", reference("Digest")), ("size_bytes", count())]),
        "Uploaded": object([("id", reference("Digest")), ("status", reference("Status"))]),
        "Decided": {
            "type": "object",
            "properties": { "height": number(), "already": flag() },
            "description": "the height of the decision, or that it was made before",
        },
    })
}
