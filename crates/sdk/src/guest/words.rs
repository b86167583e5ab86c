//! The records of `wit/agon.wit` from and into the words of this crate.

use super::challenge::agon::challenge::rules;
use crate::weigh::Measured;
use crate::{
    Failure, Metric, Outcome, Points, Reason, Refusal, Request, Response, Row, Score, Task, Weighing,
};

/// The seed; the host always gives 32 bytes.
fn seed(bytes: Vec<u8>) -> [u8; 32] {
    bytes.try_into().expect("a seed has 32 bytes")
}

fn score(billionths: u32) -> Score {
    Score::billionths(billionths.into())
}

impl From<rules::Task> for Task {
    fn from(task: rules::Task) -> Self {
        let rules::Task { benchmark, config, epoch, seats, .. } = task;
        Self { benchmark, config, seed: seed(task.seed), epoch, seats }
    }
}

impl From<Outcome> for rules::Outcome {
    fn from(outcome: Outcome) -> Self {
        let metrics = outcome.metrics.into_iter().map(|Metric { name, value }| rules::Metric { name, value });
        Self { score: outcome.score.to_billionths(), metrics: metrics.collect() }
    }
}

impl From<Failure> for rules::Failure {
    fn from(failure: Failure) -> Self {
        let reason = match failure.reason {
            Reason::Trapped => rules::Reason::Trapped,
            Reason::OutOfFuel => rules::Reason::OutOfFuel,
            Reason::OutOfMemory => rules::Reason::OutOfMemory,
            Reason::OutputTooLarge => rules::Reason::OutputTooLarge,
            Reason::CallsExhausted => rules::Reason::CallsExhausted,
            Reason::GaveUp => rules::Reason::GaveUp,
            Reason::WrongOutput => rules::Reason::WrongOutput,
            Reason::Unloadable => rules::Reason::Unloadable,
        };
        Self { reason, detail: failure.detail }
    }
}

impl From<rules::Reason> for Reason {
    fn from(reason: rules::Reason) -> Self {
        match reason {
            rules::Reason::Trapped => Self::Trapped,
            rules::Reason::OutOfFuel => Self::OutOfFuel,
            rules::Reason::OutOfMemory => Self::OutOfMemory,
            rules::Reason::OutputTooLarge => Self::OutputTooLarge,
            rules::Reason::CallsExhausted => Self::CallsExhausted,
            rules::Reason::GaveUp => Self::GaveUp,
            rules::Reason::WrongOutput => Self::WrongOutput,
            rules::Reason::Unloadable => Self::Unloadable,
        }
    }
}

impl From<rules::Refusal> for Refusal {
    fn from(refusal: rules::Refusal) -> Self {
        match refusal {
            rules::Refusal::Denied(rule) => Self::Denied(rule),
            rules::Refusal::Failed(why) => Self::Failed(why),
            rules::Refusal::Exceeded(bound) => Self::Exceeded(bound),
        }
    }
}

impl From<rules::Weighing> for Weighing {
    fn from(weighing: rules::Weighing) -> Self {
        let rules::Weighing { epoch, rows, .. } = weighing;
        Self { epoch, seed: seed(weighing.seed), rows: rows.into_iter().map(Row::from).collect() }
    }
}

impl From<rules::Row> for Row {
    fn from(row: rules::Row) -> Self {
        let rules::Row { submission, hotkey, label, eligible, benchmarks, .. } = row;
        let benchmarks = benchmarks.into_iter().map(Measured::from).collect();
        Self { submission, hotkey, label, score: score(row.score), eligible, benchmarks }
    }
}

impl From<rules::Measured> for Measured {
    fn from(measured: rules::Measured) -> Self {
        let metrics =
            measured.metrics.into_iter().map(|rules::Metric { name, value }| Metric { name, value });
        let rules::Measured { benchmark, .. } = measured;
        Self { benchmark, score: score(measured.score), metrics: metrics.collect() }
    }
}

impl From<Points> for rules::Points {
    fn from(Points { submission, points }: Points) -> Self {
        Self { submission, points }
    }
}

impl From<rules::Request> for Request {
    fn from(request: rules::Request) -> Self {
        let rules::Request { route, path, parameters, query } = request;
        Self { route, path, parameters, query }
    }
}

impl From<Response> for rules::Response {
    fn from(Response { status, content_type, body }: Response) -> Self {
        Self { status, content_type, body }
    }
}
