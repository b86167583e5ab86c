//! Every page of a network in which nothing has happened yet, and what surrounds each of them.

use crate::support::{Network, text};
use axum::body::Body;
use axum::http::{Request, StatusCode};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_an_empty_network_say_what_comes() {
    let network = Network::start().await;
    let cases = [
        ("/", StatusCode::OK, "No challenge is published yet"),
        ("/network", StatusCode::OK, "Validators"),
        ("/epochs/0", StatusCode::OK, "Epoch 0"),
        ("/epochs/77", StatusCode::NOT_FOUND, "has not begun"),
        ("/challenges/nowhere", StatusCode::NOT_FOUND, "no such challenge"),
        ("/challenges/%ff", StatusCode::NOT_FOUND, "no such challenge"),
        ("/submissions/zz", StatusCode::NOT_FOUND, "not the id"),
        (
            "/submissions/0000000000000000000000000000000000000000000000000000000000000000",
            StatusCode::NOT_FOUND,
            "no such submission",
        ),
        ("/nothing", StatusCode::NOT_FOUND, "no such page"),
    ];
    for (path, status, words) in cases {
        let (got, page) = network.page(path).await;
        assert_eq!(got, status, "{path}");
        assert!(page.contains(words) && page.contains("<title>"), "{path}: {page}");
        assert!(page.contains("kept in plain"), "{path} says how artifacts are kept");
    }
    let (_, page) = network.page("/").await;
    let footer = page.split("<footer>").nth(1).unwrap();
    for link in footer.split("href=\"").skip(1).filter_map(|part| part.split('"').next()) {
        assert_eq!(network.get(link).await.0, StatusCode::OK, "{link}");
    }
    let (status, answer) = network.get("/v1/weights/latest").await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::NOT_FOUND, Some("no_seal")));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(network.get(path).await.0, StatusCode::OK, "{path}");
    }
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_need_nothing_from_elsewhere_and_browsers_are_kept_careful() {
    let network = Network::start().await;
    let response =
        network.ask(Request::get("/").header("accept", "text/html").body(Body::empty()).unwrap()).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let page = text(response).await;
    assert!(!page.contains("style=\"") && !page.contains("onclick"), "the policy forbids these");
    for part in page.split(['"']).filter(|part| part.starts_with("/static/")) {
        let response = network.ask(Request::get(part).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{part}");
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    }
    network.end().await;
}
