//! Who may do what: every route and every action, asked by every role, against a real hub.
//!
//! Two tables, [`routes`] and [`actions`], have a cell for every role. The tests ask for each, and
//! `docs/who-may-do-what.md` is written from the same cells.

mod act;
mod actions;
mod answer;
mod document;
mod request;
mod role;
mod routes;

use crate::support::key;
use act::Contest;
use actions::{ACTS, Kind};
use agon_types::{Action, ActionBody, Height, SessionPair, Signed, codec};
use request::Stage;
use role::Role;
use routes::{ROUTES, in_description, in_router, in_table};
use serde_json::Value;

/// Where an encoded action has the number of its kind: after the height at which it expires.
const NUMBER_AT: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_admits_whom_the_table_says_and_nobody_else() {
    let stage = Stage::start().await;
    let there = in_router(&stage.network).await;
    assert_eq!(in_table(), there, "every route has a row, and every row a route");
    assert!(in_description(&stage.network).await.is_subset(&there), "what is described is a route");
    let mut wrong = Vec::new();
    for route in ROUTES {
        for (role, expected) in Role::ALL.into_iter().zip(route.answers) {
            let (status, answer) = stage.ask(route, role).await;
            let (place, name) = (format!("{} {}", route.method, route.path), role.name());
            let document = serde_json::from_str(&answer).unwrap_or(Value::Null);
            let problem = expected.differs(status, &document);
            wrong.extend(problem.map(|problem| format!("{place} ({:?}), {name}: {problem}", route.object)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    stage.network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_action_needs_the_signature_that_the_table_says() {
    let contest = Contest::start().await;
    let mut wrong = Vec::new();
    for act in ACTS {
        contest.prepare(act).await;
        for (role, expected) in Role::ALL.into_iter().zip(act.answers) {
            let (status, answer) = contest.act(act, role).await;
            let problem = expected.differs(status, &answer);
            wrong.extend(problem.map(|problem| format!("{act}, {}: {problem}", role.name())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    contest.network.end().await;
}

#[test]
fn every_kind_of_action_has_its_rows() {
    for kind in Kind::ALL {
        let rows = ACTS.iter().filter(|act| act.kind == kind);
        assert_eq!(rows.map(|act| act.name).collect::<Vec<_>>(), kind.names(), "{kind:?}");
    }
    // The ledger knows no kind after the last: the next number is given away, and nothing decodes under it.
    let session = SessionPair::from_seed(&[1; 32]);
    let body =
        ActionBody::RegisterSession { hotkey: key(1).hotkey(), session: session.session(), sequence: 1 };
    let action = Action { expires_at_height: Height(1), body };
    let mut bytes = codec::encode(&Signed::new(&"test".parse().unwrap(), action, &[&session]));
    let next = u8::try_from(Kind::ALL.len()).unwrap();
    bytes[NUMBER_AT] = next;
    assert_eq!(Signed::<Action>::decode(&bytes), Err(agon_types::action::Error::Unknown(next)));
}
