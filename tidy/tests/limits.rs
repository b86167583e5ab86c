//! `docs/limits.md` is written here, and only when it is asked for; the rule of the same name says whether it is current.

use agon_tidy::{Tree, limits};
use std::path::Path;

#[test]
fn the_document_of_limits_is_the_one_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = || Tree::read(&root).expect("the repository can be read");
    if std::env::var_os("AGON_WRITE").is_some() {
        std::fs::write(root.join(limits::DOCUMENT), limits::document(&read()))
            .expect("the document can be written");
    }
    let list: Vec<String> = limits::check(&read()).iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{}", list.join("\n"));
}
