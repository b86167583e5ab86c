//! Every diagram of the documents, drawn by the real program that draws them for readers.

use super::webdriver::{Driver, Session};
use crate::documents::{blocks, of};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Names the file of the program, `mermaid.min.js`.
const MERMAID: &str = "AGON_MERMAID";

/// Draws one text: nothing if there is a picture, or what is wrong with the text.
fn draw(text: &str) -> String {
    let text = json!(text);
    format!(
        "mermaid.initialize({{ startOnLoad: false, suppressErrorRendering: true }});
        return mermaid.render('diagram', {text})
            .then(({{ svg }}) => svg.includes('<svg') ? null : 'no picture', (error) => error.message);"
    )
}

/// Every diagram, with the place where it stands.
fn diagrams() -> Vec<(String, String)> {
    let of_document = |(path, text): (String, String)| {
        let drawn = blocks(&text).into_iter().filter(|block| block.language == "mermaid");
        drawn.map(|block| (format!("{path}:{}", block.line), block.lines.join("\n"))).collect::<Vec<_>>()
    };
    of(&["."]).into_iter().flat_map(of_document).collect()
}

#[test]
#[ignore = "needs a browser and mermaid: .ci/run installs both"]
fn every_diagram_of_the_documents_can_be_drawn() {
    let mermaid: PathBuf =
        std::env::var_os(MERMAID).expect("AGON_MERMAID names mermaid.min.js, as in .ci/run").into();
    assert!(mermaid.exists(), "{mermaid:?} is not there");
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let script =
        format!("<!doctype html><meta charset=utf-8><script src=\"file://{}\"></script>", mermaid.display());
    std::fs::write(&page, script).unwrap();
    let driver = Driver::start(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let wrong = runtime.block_on(async {
        let session = Session::open(&driver, &folder.path().join("profile"), true).await;
        session.navigate(&format!("file://{}", page.display())).await;
        let nonsense = session.run(&draw("flowchart LR\n a -->")).await;
        assert!(nonsense.is_string(), "half a diagram is none: {nonsense}");
        let mut wrong = Vec::new();
        for (place, text) in diagrams() {
            if let Value::String(problem) = session.run(&draw(&text)).await {
                wrong.push(format!("{place}: {problem}"));
            }
        }
        session.close().await;
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
