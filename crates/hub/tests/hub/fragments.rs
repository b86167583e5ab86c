//! Parts of pages: each is asked for alone, only if it differs, and is what the whole page has.

use crate::support::{Network, text};
use axum::body::Body;
use axum::http::{Request, StatusCode};

/// The names of a page's fragments.
fn names(page: &str) -> Vec<&str> {
    page.split("data-fragment=\"").skip(1).filter_map(|part| part.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fragment_of_every_page_is_asked_for_alone_and_not_sent_twice() {
    let network = Network::with_challenge().await;
    let id = network.submit(1, b"\0asm\x64 good").await;
    for path in ["/", "/challenges/route", &format!("/submissions/{id}"), "/epochs/0", "/network"] {
        let (status, page) = network.page(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(page.contains("data-live=\"/v1/events?after="), "{path} says what it has seen");
        let names = names(&page);
        assert!(names.len() > 1 && names.contains(&"pulse"), "{path}: {names:?}");
        for name in names.iter().filter(|name| **name != "pulse") {
            let path = format!("{path}?fragment={name}");
            let request = Request::get(&path).header("accept", "text/html");
            let first = network.ask(request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                (first.status(), &first.headers()["cache-control"]),
                (StatusCode::OK, &"no-cache".parse().unwrap())
            );
            let tag = first.headers()["etag"].clone();
            let part = text(first).await;
            assert!(part.trim_start().starts_with('<') && !part.contains("<html"), "{path}: {part}");
            assert!(part.contains(&format!("data-fragment=\"{name}\"")), "{path}: {part}");
            let again = Request::get(&path).header("if-none-match", tag);
            let again = network.ask(again.body(Body::empty()).unwrap()).await;
            // The numbers of the network have its height among them, and blocks do not wait for us.
            let is_known = again.status() == StatusCode::NOT_MODIFIED;
            assert!(is_known || *name == "numbers", "{path}");
        }
    }
    let (status, answer) = network.get("/?fragment=nothing").await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
    let (status, nothing) = network.page(&format!("/challenges/route?fragment=row/{id}")).await;
    assert_eq!((status, nothing.as_str()), (StatusCode::OK, ""), "the board has no such row yet");
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_problem_is_a_page_for_people_and_a_document_for_programs() {
    let network = Network::start().await;
    let long = format!("/network?{}", "a".repeat(9000));
    let page = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8";
    let paths = ["/challenges/nowhere", "/submissions/zz", "/epochs/77", "/nothing"];
    for (path, expected) in paths.map(|path| (path, 404)).into_iter().chain([(&*long, 414)]) {
        for (accept, kind) in [
            (page, "text/html; charset=utf-8"),
            ("application/json", "application/problem+json"),
            ("application/json, text/html", "application/problem+json"),
            ("*/*", "application/problem+json"),
        ] {
            let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
            let response = network.ask(request).await;
            assert_eq!(response.status(), expected, "{path} {accept}");
            assert_eq!(response.headers()["content-type"], kind, "{path} {accept}");
            assert_eq!(response.headers()["x-request-id"].len(), 32, "{path} {accept}");
        }
    }
    network.end().await;
}
