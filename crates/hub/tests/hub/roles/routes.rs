//! The table of routes: for each, whom it admits.

use super::answer::{
    ACCEPTED, ADMITTED, Answer, Answers, BAD_SIGNATURE, NOT_OWNER, NOT_REGISTERED, NOT_YOURS,
    UNKNOWN_ARTIFACT, UNKNOWN_TICKET, UNSIGNED,
};
use super::role::Role;
use crate::support::Network;
use axum::body::Body;
use axum::http::Request;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a route is asked about, where that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// The only thing there is to ask about.
    Itself,
    /// The miner's submission on the ledger, or its artifact.
    Announced,
    /// The miner's submission that has a ticket and an upload, and is not on the ledger, or its artifact.
    Uploaded,
    /// An action that nobody but the one who asks has signed.
    OwnAction,
    /// The code of a challenge.
    OwnersCode,
    /// An artifact for a challenge to read.
    OwnersArtifact,
    /// An action of the miner, which the miner has signed.
    MinersAction,
}

impl Object {
    pub fn words(self) -> &'static str {
        match self {
            Self::Itself => "",
            Self::Announced => "what the miner announced",
            Self::Uploaded => "what the miner uploaded and has not announced",
            Self::OwnAction => "with an action that this role signs",
            Self::OwnersCode => "with the code of a challenge",
            Self::OwnersArtifact => "with an artifact for a challenge to read",
            Self::MinersAction => "with an action that the miner signed",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub object: Object,
    pub answers: Answers,
}

const fn to_all(path: &'static str, object: Object, answer: Answer) -> Route {
    Route { method: "GET", path, object, answers: [answer; Role::ALL.len()] }
}

const fn open(path: &'static str) -> Route {
    to_all(path, Object::Itself, ADMITTED)
}

const fn change(method: &'static str, path: &'static str, object: Object, answers: Answers) -> Route {
    Route { method, path, object, answers }
}

/// What changes something first, in the order of a submission's way.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    //                                                       anyone, unregistered, another, miner,
    //                                                       validator, session key, another session key, voter,
    //                                                       owner, approver, ticket holder
    change("POST", "/v1/submissions", Object::Uploaded,      [UNSIGNED, NOT_REGISTERED, NOT_YOURS, ADMITTED,
                                                              NOT_YOURS, NOT_REGISTERED, NOT_REGISTERED, NOT_REGISTERED,
                                                              NOT_REGISTERED, NOT_REGISTERED, UNSIGNED]),
    change("PUT", "/v1/uploads/{token}", Object::Uploaded,   [UNKNOWN_TICKET, UNKNOWN_TICKET, UNKNOWN_TICKET, ADMITTED,
                                                              UNKNOWN_TICKET, UNKNOWN_TICKET, UNKNOWN_TICKET, UNKNOWN_TICKET,
                                                              UNKNOWN_TICKET, UNKNOWN_TICKET, ADMITTED]),
    change("POST", "/v1/submissions/{id}/complete", Object::Uploaded,
                                                             [UNSIGNED, NOT_REGISTERED, NOT_YOURS, ACCEPTED,
                                                              NOT_YOURS, NOT_REGISTERED, NOT_REGISTERED, NOT_REGISTERED,
                                                              NOT_REGISTERED, NOT_REGISTERED, UNSIGNED]),
    change("POST", "/v1/submissions/{id}/complete", Object::Announced,
                                                             [UNSIGNED, NOT_REGISTERED, NOT_YOURS, ADMITTED,
                                                              NOT_YOURS, NOT_REGISTERED, NOT_REGISTERED, NOT_REGISTERED,
                                                              NOT_REGISTERED, NOT_REGISTERED, UNSIGNED]),
    change("POST", "/v1/challenges", Object::OwnAction,      [BAD_SIGNATURE, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              NOT_OWNER, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              ADMITTED, NOT_OWNER, BAD_SIGNATURE]),
    change("PATCH", "/v1/challenges/{id}", Object::OwnAction, [BAD_SIGNATURE, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              NOT_OWNER, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              ADMITTED, NOT_OWNER, BAD_SIGNATURE]),
    change("PUT", "/v1/vault/{digest}", Object::OwnersCode,  [UNSIGNED, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              NOT_OWNER, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              ADMITTED, NOT_OWNER, UNSIGNED]),
    change("PUT", "/v1/vault/{digest}", Object::OwnersArtifact,
                                                             [UNSIGNED, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              NOT_OWNER, NOT_OWNER, NOT_OWNER, NOT_OWNER,
                                                              ADMITTED, NOT_OWNER, UNSIGNED]),
    // Who signed an action counts, and not who brings it: the next table has the signatures.
    change("POST", "/v1/actions", Object::MinersAction,      [ADMITTED; Role::ALL.len()]),
    open("/healthz"),
    open("/readyz"),
    open("/metrics"),
    open("/openapi.json"),
    open("/v1/network"),
    open("/v1/stats"),
    open("/v1/challenges"),
    open("/v1/challenges/{id}"),
    open("/v1/challenges/{id}/routes/{path}"),
    open("/v1/challenges/{id}/state"),
    open("/v1/challenges/{id}/posters/{hotkey}"),
    open("/v1/submissions"),
    to_all("/v1/submissions/{id}", Object::Announced, ADMITTED),
    to_all("/v1/submissions/{id}", Object::Uploaded, ADMITTED),
    open("/v1/submissions/{id}/reports"),
    to_all("/v1/proofs/submissions/{id}", Object::Announced, ADMITTED),
    open("/v1/boards/{challenge}"),
    open("/v1/candidates"),
    open("/v1/epochs/{number}"),
    open("/v1/weights/latest"),
    open("/v1/validators"),
    open("/v1/validators/{hotkey}"),
    open("/v1/blocks"),
    to_all("/v1/vault/{digest}", Object::Announced, ADMITTED),
    to_all("/v1/vault/{digest}", Object::Uploaded, UNKNOWN_ARTIFACT),
    open("/v1/events"),
    open("/"),
    open("/challenges/{id}"),
    to_all("/submissions/{id}", Object::Announced, ADMITTED),
    to_all("/submissions/{id}", Object::Uploaded, ADMITTED),
    open("/epochs/{number}"),
    open("/network"),
    open("/static/{file}"),
];

type Places = BTreeSet<(String, String)>;

pub fn in_table() -> Places {
    ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect()
}

/// Every method at every address of the hub's router, pages included: the sources name the addresses, and each
/// says itself which methods it has.
pub async fn in_router(network: &Network) -> Places {
    let sources = include_str!("../../../src/router.rs");
    let paths = sources.split("(\"/").skip(1).map(|rest| format!("/{}", rest.split('"').next().unwrap()));
    // A rest of a path is one parameter to those who read it.
    let paths = paths.map(|path| path.replace("{*", "{"));
    let mut found = Places::new();
    for path in paths {
        let named = path.replace(['{', '}'], "");
        let request = Request::builder().method("TRACE").uri(named).body(Body::empty()).unwrap();
        let response = network.ask(request).await;
        let allowed = response.headers()["allow"].to_str().unwrap().to_owned();
        let methods = allowed.split(',').filter(|method| *method != "HEAD");
        found.extend(methods.map(|method| (method.to_owned(), path.clone())));
    }
    found
}

/// Every method at every address that the hub describes to programs.
pub async fn in_description(network: &Network) -> Places {
    let (_, document) = network.get("/openapi.json").await;
    let paths = document["paths"].as_object().unwrap().clone();
    let places = paths.into_iter().flat_map(|(path, methods)| {
        let methods: Vec<String> = methods.as_object().unwrap().keys().cloned().collect();
        methods.into_iter().map(move |method| (method.to_uppercase(), path.clone()))
    });
    places.collect()
}

/// Every Rust source of a folder but the router's.
fn others(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let all = entries.flat_map(|path| if path.is_dir() { others(&path) } else { vec![path] });
    all.filter(|path| !path.ends_with("src/router.rs")).collect()
}

#[test]
fn nothing_but_the_router_adds_a_route() {
    for path in others(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in [".route(", ".route_service(", ".nest(", ".nest_service(", ".fallback_service("] {
            assert!(
                !text.contains(word),
                "{}: only src/router.rs has `{word}`, so that no route is hidden",
                path.display()
            );
        }
    }
}
