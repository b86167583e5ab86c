//! The interface's description for programs: an OpenAPI 3.1 document, built from one table of routes.
//!
//! `docs/openapi.json` is this document; a test fails when they differ, and `AGON_WRITE=1` writes it anew.

use crate::limits;
use routes::{Content, Operation};
use serde_json::{Map, Value, json};

mod parameters;
mod routes;
mod schemas;

const PROBLEM: &str = "Problem";

/// Statuses of problems that every operation has: keys of a query that it does not know, an address or headers that
/// are too long, and every fault of ours.
const EVERYWHERE: &[u16] = &[400, 414, 431, 500];

pub(crate) fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Agon",
            "summary": "An open competition for AI agents: submissions, boards, epochs and weights, over one hub.",
            "description": format!(
                "Every answer has an x-request-id, and every refusal is a problem (RFC 9457), with one exception: a \
                 request whose head cannot be read as HTTP/1.1, has more than 100 headers or an address of 64 KiB \
                 gets 400, 414 or 431 without a body and without an id, and its connection is closed. Addresses of \
                 more than {} bytes and headers of more than {} bytes together are refused as problems.",
                limits::URI_BYTES_MAX,
                limits::HEADERS_BYTES_MAX
            ),
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths(),
        "components": {
            "schemas": schemas::all(),
            "parameters": parameters::all(),
            "securitySchemes": {
                "hotkey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Signature",
                    "description": format!(
                        "HTTP message signature (RFC 9421) by an sr25519 hotkey over @method, @authority, @path, @query \
                         and content-digest, with created, nonce, keyid (SS58), alg=\"sr25519\" and \
                         tag=\"agon-v1:<network id>\". Clocks differ by {} s at most, and a nonce counts once.",
                        limits::SKEW_MS_MAX / 1000
                    ),
                },
            },
        },
    })
}

fn paths() -> Value {
    let mut paths = Map::new();
    for operation in routes::OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = described(operation);
    }
    Value::Object(paths)
}

fn described(operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": answers(operation),
    });
    let mut parameters = operation.parameters.to_vec();
    if operation.is_kept() {
        parameters.push("IfNoneMatch");
    }
    if !parameters.is_empty() {
        let reference = |name| json!({ "$ref": format!("#/components/parameters/{name}") });
        described["parameters"] = parameters.into_iter().map(reference).collect();
    }
    if let Some(body) = &operation.body {
        described["requestBody"] = json!({ "required": true, "content": content(body) });
    }
    if operation.is_signed {
        described["security"] = json!([{ "hotkey": [] }]);
    }
    described
}

fn answers(operation: &Operation) -> Value {
    let mut answers = Map::new();
    for answer in operation.answers {
        let mut described = json!({ "description": answer.meaning });
        if let Some(shape) = &answer.content {
            described["content"] = content(shape);
        }
        answers.insert(answer.status.to_string(), described);
    }
    if operation.is_kept() {
        answers.insert("304".to_owned(), json!({ "description": "the reader has this document already" }));
    }
    for status in operation.problems.iter().chain(EVERYWHERE) {
        let described = json!({
            "description": "a problem (RFC 9457), whose `code` says which",
            "content": { "application/problem+json": { "schema": schemas::reference(PROBLEM) } },
        });
        answers.insert(status.to_string(), described);
    }
    Value::Object(answers)
}

fn content(content: &Content) -> Value {
    match content {
        Content::Json(name) => json!({ "application/json": { "schema": schemas::reference(name) } }),
        Content::List(name) => json!({ "application/json": { "schema": schemas::page(name) } }),
        Content::Other(kind) => json!({ *kind: {} }),
        Content::Either(kinds) => {
            let described = |(kind, meaning): &(&str, &str)| {
                ((*kind).to_owned(), json!({ "schema": { "description": meaning } }))
            };
            Value::Object(kinds.iter().map(described).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem;
    use std::collections::BTreeSet;

    #[test]
    fn the_committed_document_is_this_one() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        if std::env::var_os("AGON_WRITE").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let committed: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert!(committed == document(), "docs/openapi.json is not current: run this test with AGON_WRITE=1");
    }

    #[test]
    fn the_document_has_the_paths_of_the_router() {
        let paths = routes::OPERATIONS.iter().map(|operation| operation.path.to_owned());
        let described: BTreeSet<String> = paths.collect();
        let served: BTreeSet<String> = crate::router::paths().into_iter().collect();
        let undescribed: Vec<_> = served.difference(&described).collect();
        assert!(
            undescribed.is_empty(),
            "{undescribed:?} are in src/router.rs and not described: add them to OPERATIONS in src/openapi/routes.rs"
        );
        let unserved: Vec<_> = described.difference(&served).collect();
        assert!(
            unserved.is_empty(),
            "{unserved:?} are described in src/openapi/routes.rs and not served: add them to src/router.rs, or take \
             their operations out"
        );
    }

    #[test]
    fn every_operation_is_there_once_under_its_own_id() {
        let ids: BTreeSet<&str> = routes::OPERATIONS.iter().map(|operation| operation.id).collect();
        let places: BTreeSet<_> = routes::OPERATIONS.iter().map(|one| (one.path, one.method)).collect();
        assert_eq!((ids.len(), places.len()), (routes::OPERATIONS.len(), routes::OPERATIONS.len()));
    }

    /// Every `$ref` of a document.
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn whatever_is_referred_to_is_there_and_nothing_else() {
        let document = document();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        let kept = ["schemas", "parameters"].into_iter().flat_map(|kind| {
            let names = document["components"][kind].as_object().unwrap().keys();
            names.map(move |name| format!("#/components/{kind}/{name}"))
        });
        let kept: BTreeSet<String> = kept.collect();
        assert_eq!(found, kept.iter().map(String::as_str).collect());
    }

    #[test]
    fn a_path_names_its_parameters() {
        let document = document();
        for operation in routes::OPERATIONS {
            let parameter = |name: &&str| &document["components"]["parameters"][*name];
            let named = operation.parameters.iter().map(parameter).filter(|known| known["in"] == "path");
            let named: Vec<String> =
                named.map(|known| format!("{{{}}}", known["name"].as_str().unwrap())).collect();
            let in_path: Vec<&str> = operation.path.split('/').filter(|part| part.starts_with('{')).collect();
            assert_eq!(named, in_path, "{}", operation.path);
        }
    }

    #[test]
    fn every_status_of_a_problem_is_documented_somewhere() {
        let of_one = routes::OPERATIONS.iter().flat_map(|one| one.problems);
        let documented: BTreeSet<u16> = of_one.chain(EVERYWHERE).copied().collect();
        // A method that an address does not know belongs to no operation.
        let known = problem::statuses().filter(|status| *status != 405).collect();
        assert_eq!(documented, known, "the statuses of OPERATIONS, and those of the codes in src/problem.rs");
    }
}
