//! Bad input never is an internal fault, and always gets a problem document.

use crate::description::Description;
use crate::support::{Network, OWNER, key, manifest, text};
use agon_types::action::Shift;
use agon_types::{ActionBody, Digest};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;

struct Case {
    method: Method,
    path: String,
    kind: Option<&'static str>,
    body: Vec<u8>,
    /// Whether a hotkey signs the request.
    signed: bool,
    expected: (u16, &'static str),
}

fn case(method: Method, path: &str, expected: (u16, &'static str)) -> Case {
    Case { method, path: path.to_owned(), kind: None, body: Vec::new(), signed: false, expected }
}

fn sent(path: &str, body: &str, expected: (u16, &'static str)) -> Case {
    let (method, kind) = (Method::POST, Some("application/json"));
    Case { method, path: path.to_owned(), kind, body: body.as_bytes().to_vec(), signed: false, expected }
}

fn signed(path: &str, body: &str, expected: (u16, &'static str)) -> Case {
    Case { signed: true, ..sent(path, body, expected) }
}

fn reads() -> Vec<Case> {
    let zero = Digest::ZERO;
    let get = |path: &str, expected| case(Method::GET, path, expected);
    vec![
        get("/v1/nothing", (404, "not_found")),
        get("/nothing", (404, "not_found")),
        get("/static/../Cargo.toml", (404, "not_found")),
        get("/static/secret", (404, "not_found")),
        get("/v1/challenges/nowhere", (404, "unknown_challenge")),
        get("/v1/challenges/%ff", (404, "not_found")),
        get("/v1/challenges/UPPER", (404, "not_found")),
        get("/v1/challenges/nowhere/state", (404, "unknown_challenge")),
        get("/v1/challenges/route/state?cursor=zz", (400, "bad_field")),
        get("/v1/challenges/route/state?limit=0", (400, "bad_field")),
        get("/v1/challenges/route/posters/5G", (404, "not_found")),
        get(
            "/v1/challenges/UPPER/posters/5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            (404, "not_found"),
        ),
        get("/v1/boards/nowhere", (404, "unknown_challenge")),
        get("/v1/submissions/zz", (404, "not_found")),
        get(&format!("/v1/submissions/{zero}"), (404, "unknown_submission")),
        get(&format!("/v1/submissions/{zero}/reports"), (404, "unknown_submission")),
        get("/v1/submissions?status=great", (400, "bad_field")),
        get("/v1/submissions?limit=0", (400, "bad_field")),
        get("/v1/submissions?limit=-1", (400, "bad_field")),
        get("/v1/submissions?limit=99999", (400, "bad_field")),
        get("/v1/submissions?cursor=é", (400, "bad_field")),
        get("/v1/submissions?cursor=00", (400, "bad_field")),
        get("/v1/submissions?hotkey=5G", (400, "bad_field")),
        get("/v1/submissions?colour=red", (400, "bad_field")),
        get("/v1/submissions?limit=abc&hotkey=5G", (400, "bad_field")),
        get("/v1/submissions?challenge=nowhere", (404, "unknown_challenge")),
        get("/v1/submissions/%ff", (404, "not_found")),
        get(&format!("/v1/submissions/{}", "a".repeat(7000)), (404, "not_found")),
        get(&format!("/v1/network?{}", "a".repeat(9000)), (414, "uri_too_long")),
        get("/v1/epochs/999", (404, "unknown_epoch")),
        get("/v1/epochs/-1", (404, "not_found")),
        get("/v1/epochs/99999999999999999999999", (404, "not_found")),
        get("/v1/validators/5G", (404, "not_found")),
        get("/v1/validators/5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", (404, "unknown_validator")),
        get("/v1/vault/zz", (404, "not_found")),
        get(&format!("/v1/vault/{zero}"), (404, "unknown_artifact")),
        get("/v1/blocks", (400, "bad_field")),
        get("/v1/blocks?from=0", (400, "bad_field")),
        get("/v1/blocks?from=1&limit=65", (400, "bad_field")),
        get("/v1/blocks?from=1&from=2", (400, "bad_field")),
        get("/v1/events?types=score.agred", (400, "bad_field")),
        get("/v1/events?kinds=score.agreed", (400, "bad_field")),
        get("/v1/events?after=x", (400, "bad_field")),
        get("/v1/events?challenge=UPPER", (400, "bad_field")),
        case(Method::DELETE, "/v1/network", (405, "method_not_allowed")),
        case(Method::POST, "/", (405, "method_not_allowed")),
        case(Method::PUT, "/v1/uploads/guess", (404, "unknown_ticket")),
        case(Method::PUT, "/v1/uploads/%00", (404, "unknown_ticket")),
        case(Method::POST, "/v1/submissions/zz/complete", (404, "not_found")),
    ]
}

fn writes(network: &Network) -> Vec<Case> {
    let action = |text: &str| format!(r#"{{"action":"{text}"}}"#);
    let publish = network.action(ActionBody::PublishChallenge(Box::new(manifest())), &[&key(OWNER)]);
    let pause =
        ActionBody::ShiftChallenge { challenge: "route".parse().unwrap(), version: 1, shift: Shift::Pause };
    let stranger = network.action(pause.clone(), &[&key(1)]);
    let pause = network.action(pause, &[&key(OWNER)]);
    let later = format!("{}09{}", &publish[..16], &publish[18..]);
    let forged =
        format!("{}{}", &publish[..publish.len() - 2], if publish.ends_with("00") { "01" } else { "00" });
    let mut cases = vec![
        sent("/v1/actions", "", (400, "malformed_json")),
        sent("/v1/actions", "{", (400, "malformed_json")),
        sent("/v1/actions", "[]", (400, "bad_field")),
        sent("/v1/actions", "{}", (400, "bad_field")),
        sent("/v1/actions", r#"{"action":7}"#, (400, "bad_field")),
        sent("/v1/actions", r#"{"action":"","more":1}"#, (400, "bad_field")),
        sent("/v1/actions", &action(""), (400, "malformed_action")),
        sent("/v1/actions", &action("xyz"), (400, "malformed_action")),
        sent("/v1/actions", &action("00"), (400, "malformed_action")),
        sent("/v1/actions", &action(&"ff".repeat(60_000)), (400, "malformed_action")),
        sent("/v1/actions", &action(&"00".repeat(70_000)), (413, "too_large")),
        sent("/v1/actions", &action(&format!("{publish}00")), (400, "malformed_action")),
        sent("/v1/actions", &action(&later), (400, "unknown_action")),
        sent("/v1/actions", &action(&forged), (401, "bad_signature")),
        sent("/v1/actions", &action(&stranger), (403, "not_owner")),
        sent("/v1/challenges", &action(&pause), (400, "wrong_action")),
        sent("/v1/submissions", "{}", (401, "unsigned")),
        signed("/v1/submissions", "", (400, "malformed_json")),
        signed("/v1/submissions", "{}", (400, "bad_field")),
        signed("/v1/submissions", &"[".repeat(4000), (400, "bad_field")),
        signed("/v1/submissions", &"[".repeat(200_000), (413, "too_large")),
        sent(&format!("/v1/submissions/{}/complete", Digest::ZERO), "{}", (401, "unsigned")),
        signed(&format!("/v1/submissions/{}/complete", Digest::ZERO), "{}", (404, "unknown_ticket")),
    ];
    let patch =
        |path: &str, expected| Case { method: Method::PATCH, ..sent(path, &action(&pause), expected) };
    cases.push(patch("/v1/challenges/other", (400, "wrong_action")));
    cases.push(Case { kind: None, ..sent("/v1/actions", "{}", (415, "unsupported_media_type")) });
    cases.push(Case {
        kind: Some("text/plain"),
        ..sent("/v1/actions", "{}", (415, "unsupported_media_type"))
    });
    cases
}

/// Every refusal of these says of which field it is, and what was expected there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_name_or_field_is_told_with_what_was_expected() {
    let network = Network::start().await;
    let long = "a".repeat(5000);
    let cases = [
        ("/v1/submissions?limit=abc", "limit", "\"abc\" is not a whole number from 1 to 200"),
        ("/v1/submissions?limit=201", "limit", "201 is not a whole number from 1 to 200"),
        ("/v1/submissions?hotkey=5G", "hotkey", "SS58"),
        (&format!("/v1/submissions?status={long}"), "status", "a text of 5000 bytes is none of"),
        ("/v1/submissions?colour=red", "colour", "but challenge, hotkey, status, limit, cursor"),
        ("/v1/blocks", "from", "it is missing: give the height"),
        ("/v1/blocks?from=1&from=2", "from", "twice"),
        ("/v1/events?after=x", "after", "the number of an event"),
        ("/v1/network?x=1", "x", "takes no query"),
        ("/v1/epochs/-1", "", "\"-1\" is not the number of an epoch: a whole number from 0 on"),
        ("/v1/submissions/%ff", "", "is not the id of a submission: 64"),
        (&format!("/v1/challenges/{long}"), "", "a text of 5000 bytes is not the id of a challenge"),
    ];
    for (path, field, words) in cases {
        let (_, answer) = network.get(path).await;
        let told = if field.is_empty() { &answer["detail"] } else { &answer["errors"][0]["detail"] };
        assert!(told.as_str().unwrap().contains(words), "{path}: {answer}");
        assert_eq!(answer["errors"][0]["field"].as_str().unwrap_or_default(), field, "{path}: {answer}");
        assert!(!answer.to_string().contains(&long), "{path} is not repeated");
    }
    let (_, answer) = network.get("/v1/submissions?limit=abc&hotkey=5G&x=1").await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 3, "all at once: {answer}");
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_are_too_many_get_a_problem_too() {
    let network = Network::start().await;
    let request = Request::get("/v1/network").header("x-much", "a".repeat(40_000));
    let response = network.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 431);
    assert!(response.headers().contains_key("x-request-id"));
    assert!(text(response).await.contains("headers_too_large"));
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_gets_a_problem_document_and_is_never_an_internal_fault() {
    let network = Network::with_challenge().await;
    let description = Description::of(&network).await;
    for case in reads().into_iter().chain(writes(&network)) {
        let desc = format!(
            "{} {} {:?}",
            case.method,
            case.path,
            String::from_utf8_lossy(&case.body[..case.body.len().min(60)])
        );
        let path = case.path.replace('é', "%C3%A9");
        let mut request = Request::builder().method(case.method.clone()).uri(&path);
        if let Some(kind) = case.kind {
            request = request.header("content-type", kind);
        }
        let request = match case.signed {
            true => network.signed(&path, &case.body, 1),
            false => request.body(Body::from(case.body)).unwrap(),
        };
        let response = network.ask(request).await;
        let headers = response.headers().clone();
        let status = response.status().as_u16();
        let answer = text(response).await;
        let document: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{desc}: {answer}"));
        assert_eq!((status, document["code"].as_str().unwrap()), case.expected, "{desc}: {answer}");
        assert_eq!(headers["content-type"], "application/problem+json", "{desc}");
        assert_eq!(document["status"], status, "{desc}");
        assert!(
            document["type"].is_string() && document["title"].is_string() && document["detail"].is_string()
        );
        assert_eq!(headers["x-request-id"].len(), 32, "{desc}");
        description.hold((&case.method, &path), StatusCode::from_u16(status).unwrap(), &document);
    }
    let already = network.action(ActionBody::PublishChallenge(Box::new(manifest())), &[&key(OWNER)]);
    let (_, answer) = network.post("/v1/actions", &serde_json::json!({ "action": already })).await;
    assert_eq!(answer["already"], true, "what is done already is no fault");
    network.end().await;
}
