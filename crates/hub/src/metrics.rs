//! What a hub counts, in the text format that Prometheus reads. Every label has few values, whatever is asked.

use crate::hub::Hub;
use crate::limits;
use crate::view::network;
use agon_protocol::state::View;
use agon_protocol::{State, submission};
use axum::http::{Method, StatusCode};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How this text is named in a content type.
pub(crate) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the histogram, in milliseconds.
const BOUNDS_MS: [u64; 10] = [1, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 20_000];

/// Statuses that the ledger gives; others are of tickets, which the state does not know.
const STATUSES: [submission::Status; 8] = [
    submission::Status::Announced,
    submission::Status::Evaluating,
    submission::Status::Scored,
    submission::Status::Undecided,
    submission::Status::Candidate,
    submission::Status::Champion,
    submission::Status::Duplicate,
    submission::Status::Failed,
];

/// Answers of one route, by how long they took.
#[derive(Clone, Debug, Default)]
struct Histogram {
    /// One count for each bound, and one for what is beyond them all.
    counts: [u64; BOUNDS_MS.len() + 1],
    sum: Duration,
}

#[derive(Debug, Default)]
struct Answers {
    by_status: BTreeMap<(&'static str, &'static str), u64>,
    latency: Histogram,
}

/// Every answer so far, by the template of its route: names in paths are no labels.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<BTreeMap<String, Answers>>);

impl Requests {
    pub fn count(&self, route: Option<&str>, (method, status): (&Method, StatusCode), took: Duration) {
        let mut routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = routes.entry(route.unwrap_or("none").to_owned()).or_default();
        *answers.by_status.entry((method_label(method), class(status))).or_default() += 1;
        let slot = BOUNDS_MS.iter().take_while(|bound| took > Duration::from_millis(**bound)).count();
        if let Some(count) = answers.latency.counts.get_mut(slot) {
            *count += 1;
        }
        answers.latency.sum += took;
    }
}

/// A method that nobody knows is one of many, and is counted with them.
fn method_label(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// The text, as it grows.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.line(format_args!("{name} {value}"));
    }

    fn line(&mut self, line: impl Display) {
        writeln!(self.0, "{line}").expect("a text takes what is written to it");
    }

    fn of_state(&mut self, state: &State) {
        let Some((now, stats)) = state.now().zip(network::stats(state)) else { return };
        let unsealed = now.epoch.0.saturating_sub(now.unsealed.0);
        self.gauge("agon_height", "Height of the last decided block.", now.height);
        self.gauge("agon_epoch", "The open epoch.", now.epoch);
        self.gauge("agon_unsealed_epochs", "Epochs that are over and have no seal.", unsealed);
        self.gauge("agon_validators", "Validators of the open epoch.", stats.validators);
        self.gauge("agon_open_jobs", "Jobs without a verdict.", stats.open_jobs);
        self.family("agon_submissions", "gauge", "Announced submissions by status.");
        for status in STATUSES.map(submission::Status::code) {
            let count = stats.submissions.get(status).copied().unwrap_or(0);
            self.line(format_args!("agon_submissions{{status=\"{status}\"}} {count}"));
        }
    }

    fn of_requests(&mut self, requests: &Requests) {
        let routes = requests.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = "agon_http_requests_total";
        self.family(name, "counter", "Answers by route, method and class of status.");
        for (route, answers) in routes.iter() {
            for ((method, status), count) in &answers.by_status {
                let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
                self.line(format_args!("{name}{{{labels}}} {count}"));
            }
        }
        let name = "agon_http_request_duration_seconds";
        self.family(name, "histogram", "Time until an answer began, by route.");
        for (route, Answers { latency, .. }) in routes.iter() {
            let mut sum = 0;
            let bounds = BOUNDS_MS.iter().map(|ms| seconds(Duration::from_millis(*ms)));
            for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(latency.counts) {
                sum += count;
                self.line(format_args!("{name}_bucket{{route=\"{route}\",le=\"{bound}\"}} {sum}"));
            }
            self.line(format_args!("{name}_sum{{route=\"{route}\"}} {}", seconds(latency.sum)));
            self.line(format_args!("{name}_count{{route=\"{route}\"}} {sum}"));
        }
    }
}

/// Seconds as a decimal, exactly.
fn seconds(time: Duration) -> String {
    let text = format!("{}.{:09}", time.as_secs(), time.subsec_nanos());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// All of it.
pub(crate) fn text(hub: &Hub) -> String {
    let mut exposition = Exposition::default();
    hub.read(|state| exposition.of_state(state));
    let streams = limits::STREAMS_MAX.saturating_sub(hub.streams.available_permits());
    let uploads = limits::UPLOADS_MAX.saturating_sub(hub.uploads.available_permits());
    exposition.gauge("agon_streams", "Open streams of events.", streams);
    exposition.gauge("agon_uploads", "Uploads that run now.", uploads);
    exposition.of_requests(&hub.requests);
    exposition.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn the_state_is_told_in_numbers() {
        let mut exposition = Exposition::default();
        exposition.of_state(&sample::state());
        let text = exposition.0;
        let lines = [
            "agon_epoch 2",
            "agon_submissions{status=\"champion\"} 1",
            "agon_submissions{status=\"duplicate\"} 0",
        ];
        for expected in lines {
            assert!(text.lines().any(|line| line == expected), "{expected} in {text}");
        }
        assert!(text.starts_with("# HELP agon_height "), "{text}");
        let mut nothing = Exposition::default();
        nothing.of_state(&State::default());
        assert_eq!(nothing.0, "", "a ledger that has not begun has no numbers");
    }

    #[test]
    fn answers_are_counted_by_route_and_a_histogram_only_rises() {
        let requests = Requests::default();
        let odd = Method::from_bytes(b"BREW").unwrap();
        let cases = [
            (Some("/v1/submissions/{id}"), Method::GET, StatusCode::OK, 1),
            (Some("/v1/submissions/{id}"), Method::GET, StatusCode::NOT_FOUND, 6),
            (Some("/v1/submissions/{id}"), Method::HEAD, StatusCode::NOT_MODIFIED, 30_000),
            (None, odd, StatusCode::INTERNAL_SERVER_ERROR, 0),
        ];
        for (route, method, status, ms) in cases {
            requests.count(route, (&method, status), Duration::from_millis(ms));
        }
        let mut exposition = Exposition::default();
        exposition.of_requests(&requests);
        let text = exposition.0;
        let expected = [
            "agon_http_requests_total{route=\"/v1/submissions/{id}\",method=\"GET\",status=\"2xx\"} 1",
            "agon_http_requests_total{route=\"/v1/submissions/{id}\",method=\"GET\",status=\"4xx\"} 1",
            "agon_http_requests_total{route=\"/v1/submissions/{id}\",method=\"HEAD\",status=\"3xx\"} 1",
            "agon_http_requests_total{route=\"none\",method=\"other\",status=\"5xx\"} 1",
            "agon_http_request_duration_seconds_bucket{route=\"/v1/submissions/{id}\",le=\"0.001\"} 1",
            "agon_http_request_duration_seconds_bucket{route=\"/v1/submissions/{id}\",le=\"0.005\"} 1",
            "agon_http_request_duration_seconds_bucket{route=\"/v1/submissions/{id}\",le=\"0.01\"} 2",
            "agon_http_request_duration_seconds_bucket{route=\"/v1/submissions/{id}\",le=\"20\"} 2",
            "agon_http_request_duration_seconds_bucket{route=\"/v1/submissions/{id}\",le=\"+Inf\"} 3",
            "agon_http_request_duration_seconds_sum{route=\"/v1/submissions/{id}\"} 30.007",
            "agon_http_request_duration_seconds_count{route=\"/v1/submissions/{id}\"} 3",
        ];
        for line in expected {
            assert!(text.lines().any(|known| known == line), "{line} in {text}");
        }
    }
}
