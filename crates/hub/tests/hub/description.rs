//! The hub's own description, held against what the hub does.

use crate::support::{Network, read};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;
use std::collections::BTreeSet;

/// The OpenAPI document of a hub.
pub struct Description(Value);

impl Description {
    pub async fn of(network: &Network) -> Self {
        let (status, document) = network.get("/openapi.json").await;
        assert_eq!(status, StatusCode::OK);
        Self(document)
    }

    fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0["paths"].as_object().unwrap().iter()
    }

    /// What is described under a method and an address; an exact address goes before a template.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            let (mut parts, mut asked) = (template.split('/'), path.split('/'));
            parts.by_ref().zip(asked.by_ref()).all(|(part, asked)| part.starts_with('{') || part == asked)
                && template.split('/').count() == path.split('/').count()
        };
        let found = self.paths().find(|(template, _)| *template == path);
        let found = found.or_else(|| self.paths().find(|(template, _)| fits(template)));
        found.and_then(|(_, methods)| methods.get(method.as_str().to_lowercase()))
    }

    /// Holds an answer against what is described: its status, and every member of its document.
    pub fn hold(&self, (method, path): (&Method, &str), status: StatusCode, answer: &Value) {
        let Some(operation) = self.operation(method, path) else {
            let elsewhere = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
            assert!(elsewhere.contains(&status), "{method} {path} is not described: {status}");
            return;
        };
        let described = &operation["responses"][status.as_str()];
        assert!(described.is_object(), "{method} {path}: {status} is not documented: {answer}");
        let kinds = described["content"].as_object().into_iter().flatten();
        for schema in kinds.filter_map(|(_, kind)| kind.get("schema")) {
            if let Err(problem) = self.check(schema, answer) {
                panic!("{method} {path}: {status}: {problem}: {answer}");
            }
        }
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(reference) = schema["$ref"].as_str() else { return schema };
        self.0
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap_or_else(|| panic!("{reference} is nowhere"))
    }

    fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let schema = self.resolve(schema);
        if let Some(either) = schema["anyOf"].as_array() {
            let fits = either.iter().any(|one| self.check(one, value).is_ok());
            return if fits { Ok(()) } else { Err(format!("{value} is none of {schema}")) };
        }
        if schema["type"] == "object" || schema["allOf"].is_array() {
            return self.check_object(schema, value);
        }
        if let Some(known) = schema["enum"].as_array().filter(|known| !known.contains(value)) {
            return Err(format!("{value} is none of {known:?}"));
        }
        let is = match schema["type"].as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_u64() || value.is_i64(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            Some("array") => value.is_array(),
            _ => false,
        };
        if !is {
            return Err(format!("{value} is not of {schema}"));
        }
        let items = value.as_array().into_iter().flatten();
        items.filter(|_| schema["items"].is_object()).try_for_each(|item| self.check(&schema["items"], item))
    }

    /// An answer may tell no more than is described, though readers must bear it: so the document stays whole.
    fn check_object(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let Some(members) = value.as_object() else { return Err(format!("{value} is no object")) };
        let parts: Vec<&Value> = match schema["allOf"].as_array() {
            Some(parts) => parts.iter().map(|part| self.resolve(part)).collect(),
            None => vec![schema],
        };
        for name in parts.iter().filter_map(|part| part["required"].as_array()).flatten() {
            if !members.contains_key(name.as_str().unwrap()) {
                return Err(format!("{name} is missing"));
            }
        }
        // A schema without members, such as that of this document itself, leaves them open.
        if parts.iter().all(|part| part["properties"].is_null() && part["additionalProperties"].is_null()) {
            return Ok(());
        }
        for (name, member) in members {
            let known = parts.iter().find_map(|part| part["properties"].get(name));
            let known = known.or_else(|| parts.iter().find_map(|part| part.get("additionalProperties")));
            let known = known.ok_or_else(|| format!("{name} is not described"))?;
            self.check(known, member).map_err(|problem| format!("{name}: {problem}"))?;
        }
        Ok(())
    }
}

/// A template with names that are well formed.
fn filled(template: &str) -> String {
    let name = |part: &str| match part {
        "{id}" if template.contains("/submissions/") => "0".repeat(64),
        "{digest}" => "0".repeat(64),
        "{hotkey}" => "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".to_owned(),
        "{number}" => "0".to_owned(),
        part if part.starts_with('{') => "nowhere".to_owned(),
        part => part.to_owned(),
    };
    template.split('/').map(name).collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_address_has_exactly_the_methods_that_are_described() {
    let network = Network::start().await;
    let description = Description::of(&network).await;
    for (template, methods) in description.paths() {
        let request = Request::builder().method("TRACE").uri(filled(template));
        let response = network.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{template}");
        let allowed = response.headers()["allow"].to_str().unwrap().to_lowercase();
        let allowed: BTreeSet<&str> = allowed.split(',').filter(|method| *method != "head").collect();
        assert_eq!(allowed, methods.as_object().unwrap().keys().map(String::as_str).collect(), "{template}");
    }
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_from_an_empty_network_is_as_described() {
    let network = Network::start().await;
    let description = Description::of(&network).await;
    for (template, methods) in description.paths() {
        // A stream does not end.
        if methods.get("get").is_none() || template == "/v1/events" {
            continue;
        }
        let path = filled(template);
        let (status, answer) = network.get(&path).await;
        description.hold((&Method::GET, &path), status, &answer);
    }
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_not_sent_twice_to_who_has_it() {
    let network = Network::with_challenge().await;
    let ask = async |method: &str, path: &str, tag: Option<&str>| {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        network.ask(request.body(Body::empty()).unwrap()).await
    };
    for path in
        ["/v1/challenges", "/v1/challenges/route", "/v1/boards/route", "/openapi.json", "/v1/epochs/0"]
    {
        let first = ask("GET", path, None).await;
        assert_eq!(first.headers()["cache-control"], "no-cache", "{path}");
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        let again = ask("GET", path, Some(&tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(again.headers()["etag"], tag.as_str(), "{path}");
        let (_, nothing) = read(again).await;
        assert_eq!(nothing, "", "{path}");
        let other = ask("GET", path, Some("\"0\"")).await;
        assert_eq!(other.status(), StatusCode::OK, "{path}");
        let head = ask("HEAD", path, None).await;
        assert_eq!(
            (head.status(), &head.headers()["etag"]),
            (StatusCode::OK, &other.headers()["etag"]),
            "{path}"
        );
        assert_eq!(read(head).await.1, "", "{path}");
    }
    for path in ["/healthz", "/metrics", "/v1/blocks?from=1", "/v1/challenges/nowhere"] {
        let answer = ask("GET", path, Some("*")).await;
        assert!(!answer.headers().contains_key("etag"), "{path}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
    }
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_counts_what_it_answers_by_route() {
    let network = Network::with_challenge().await;
    for path in ["/v1/challenges/route", "/v1/challenges/nowhere", "/v1/challenges/another", "/nothing"] {
        network.get(path).await;
    }
    let stream = network.ask(Request::get("/v1/events").body(Body::empty()).unwrap()).await;
    let response = network.ask(Request::get("/metrics").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = crate::support::text(response).await;
    let expected = [
        "agon_epoch 1",
        "agon_validators 1",
        "agon_open_jobs 0",
        "agon_streams 1",
        "agon_uploads 0",
        "agon_submissions{status=\"announced\"} 0",
        "agon_http_requests_total{route=\"/v1/challenges/{id}\",method=\"GET\",status=\"2xx\"} 1",
        "agon_http_requests_total{route=\"/v1/challenges/{id}\",method=\"GET\",status=\"4xx\"} 2",
        "agon_http_requests_total{route=\"none\",method=\"GET\",status=\"4xx\"} 1",
        "agon_http_request_duration_seconds_count{route=\"/v1/challenges/{id}\"} 3",
    ];
    for line in expected {
        assert!(text.lines().any(|known| known == line), "{line} in {text}");
    }
    assert!(!text.contains("nowhere"), "no name from a path is a label");
    drop(stream);
    network.end().await;
}

fn asking(network: &Network, (method, path): (&str, &str), is_signed: bool) -> Request<Body> {
    let plain = Request::builder().method(method.to_uppercase().as_str()).uri(path);
    if is_signed { network.signed(path, b"", 1) } else { plain.body(Body::empty()).unwrap() }
}

/// The query of a challenge's route is the challenge's; and who is not the owner hears of nothing else.
const OF_OTHERS: [(&str, &str); 2] =
    [("get", "/v1/challenges/{id}/routes/{path}"), ("put", "/v1/vault/{digest}")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_takes_a_key_of_a_query_that_it_does_not_know() {
    let network = Network::start().await;
    let description = Description::of(&network).await;
    for (template, methods) in description.paths() {
        let ours = |method: &str| !OF_OTHERS.contains(&(method, template.as_str()));
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(method, _)| ours(method)) {
            let path = format!("{}?colour=red", filled(template));
            let request = asking(&network, (method, &path), operation["security"].is_array());
            let (status, answer) = read(network.ask(request).await).await;
            let told = (status, &answer["errors"][0]["field"]);
            let remedy = "take `Asked` or `Unasked` in its handler";
            assert_eq!(
                told,
                (StatusCode::BAD_REQUEST, &"colour".into()),
                "{method} {path}: {remedy}: {answer}"
            );
        }
    }
    network.end().await;
}
