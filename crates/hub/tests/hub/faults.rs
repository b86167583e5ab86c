//! A fault of ours: the outside learns that there was one and under which id, and the log has the cause under that id.

use crate::support::{Network, text};
use agon_hub::Parts;
use agon_port::Clock;
use agon_types::TimeMs;
use axum::body::Body;
use axum::http::{Request, Response};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Every signed request asks for the time.
struct Broken;

impl Clock for Broken {
    fn now(&self) -> TimeMs {
        panic!("the clock {} has stopped", "on the wall");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The lines so far that have all of these words.
    fn lines(&self, words: &[&str]) -> usize {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }
}

fn id(response: &Response<Body>) -> String {
    response.headers()["x-request-id"].to_str().unwrap().to_owned()
}

/// What is logged where is kept for a whole process, and other tests log nothing: so this one is alone in its own.
#[test]
fn a_panic_is_a_problem_and_the_log_has_its_cause_once_under_the_id_of_the_answer() {
    let program = std::env::current_exe().unwrap();
    let alone = std::process::Command::new(program).args(["faults::alone", "--exact", "--ignored"]).output();
    let output = alone.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "run by the test above it, alone in a process"]
async fn alone() {
    let network = Network::start().await;
    let router = agon_hub::router(Parts { clock: Arc::new(Broken), ..network.parts.clone() });
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);

    let ask = async |request: Request<Body>| {
        use tower::ServiceExt as _;
        router.clone().oneshot(request).await.unwrap()
    };
    let response = ask(Request::post("/v1/submissions").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id_of_fault = id(&response);
    let told = text(response).await;
    assert!(told.contains("x-request-id") && !told.contains("on the wall"), "{told}");
    let cause = ["ERROR", "it panicked: the clock on the wall has stopped", &id_of_fault];
    assert_eq!(log.lines(&cause), 1);
    let line = ["DEBUG", "answered", "method=POST", "route=\"/v1/submissions\"", "status=500", "ms="];
    assert_eq!(log.lines(&[&line[..], &[&id_of_fault]].concat()), 1);

    let response = ask(Request::get("/v1/challenges/nowhere").body(Body::empty()).unwrap()).await;
    let id = id(&response);
    assert_eq!(log.lines(&["answered", "route=\"/v1/challenges/{id}\"", "status=404", &id]), 1);
    assert_eq!(log.lines(&[&id]), 1, "one line for each request");
    drop(router);
    network.end().await;
}
