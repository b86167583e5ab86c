//! `docs/who-may-do-what.md`, as the tables have it.

use super::actions::ACTS;
use super::answer::{Answer, Answers, REFUSALS};
use super::role::Role;
use super::routes::{ROUTES, Route};

const INTRODUCTION: &str = "\
# Who may do what

A test has asked a running hub for every cell of this document, and written it:
`AGON_WRITE=1 cargo test -p agon-hub --test hub roles` does so anew.

**yes** is admission, and anything else the stable `code` of the refusal. In one row everybody asks for the same thing,
and only who signs for it differs. A request and an action are signed with the same key, where a role has one.

";

const SIGNATURES: &str = "
## Whose signature an action needs

An action carries its own signatures, so a hub passes it on unchanged, and can neither forge nor alter it. Where an
action names somebody, the second column says whom it names; a role that has no hotkey of its own takes one that the
chain does not know. A new session key signs its own registration too, whoever asks for it.

";

pub fn text() -> String {
    let is_read = |route: &&Route| route.method == "GET";
    let mut text = INTRODUCTION.to_owned();
    text.push_str("| role | who that is |\n|---|---|\n");
    text.extend(Role::ALL.map(|role| format!("| {} | {} |\n", role.name(), role.meaning())));
    text.push_str("\n## Routes that change something\n\n");
    text.push_str(&head("route", "asked about"));
    text.extend(ROUTES.iter().filter(|route| !is_read(route)).map(route));
    text.push_str("\n## Routes that are read\n\n");
    text.push_str(&head("route", "asked about"));
    text.extend(ROUTES.iter().filter(is_read).map(route));
    text.push_str(SIGNATURES);
    text.push_str(&head("action", "in whose name"));
    text.extend(ACTS.iter().map(|act| row((act.kind.words(), act.name.words()), &act.answers)));
    text.push_str("\n## Refusals\n\n| code | status | why |\n|---|---|---|\n");
    text.extend(
        REFUSALS.iter().map(|one| format!("| `{}` | {} | {} |\n", one.code, one.status, one.meaning)),
    );
    text
}

fn head(first: &str, second: &str) -> String {
    let roles = Role::ALL.map(Role::name).join(" | ");
    format!("| {first} | {second} | {roles} |\n|---|---|{}\n", "---|".repeat(Role::ALL.len()))
}

fn route(route: &Route) -> String {
    row((&format!("`{} {}`", route.method, route.path), route.object.words()), &route.answers)
}

fn row((first, second): (&str, &str), answers: &Answers) -> String {
    format!("| {first} | {second} | {} |\n", answers.map(Answer::cell).join(" | "))
}

#[test]
fn the_document_has_the_cells_of_the_tables() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/who-may-do-what.md");
    if std::env::var_os("AGON_WRITE").is_some() {
        std::fs::write(file, text()).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    let command = "AGON_WRITE=1 cargo test -p agon-hub --test hub roles";
    assert!(committed == text(), "docs/who-may-do-what.md is not current: run `{command}`");
}

#[test]
fn every_refusal_that_is_explained_is_in_a_cell() {
    let cells: Vec<Answer> = ROUTES
        .iter()
        .map(|route| route.answers)
        .chain(ACTS.iter().map(|act| act.answers))
        .flatten()
        .collect();
    for refusal in &REFUSALS {
        assert!(cells.contains(&Answer::Refused(refusal)), "{}", refusal.code);
    }
}
