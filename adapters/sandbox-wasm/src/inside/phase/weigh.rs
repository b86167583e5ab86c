//! `weigh`: the challenge turns an epoch's agreed scores into points, and changes its state.

use super::{Ended, Session};
use crate::inside::abi;
use crate::inside::desk::Kind;
use crate::inside::fault::{Fault, failure};
use agon_port::sandbox::{Done, Row, Weighing};
use agon_types::limits::POINTS_MAX;
use agon_types::report::{self, Measured};
use agon_types::{FailureReason, SubmissionId};
use std::collections::{BTreeMap, BTreeSet};

pub type Params<'a> = (abi::Weighing<'a>,);
pub type Weighed = (Result<Vec<abi::Points>, String>,);

pub fn run(mut session: Session<'_>, of: &Weighing) -> Ended {
    let weighing =
        abi::Weighing { epoch: of.epoch.0, seed: &of.seed, rows: of.rows.iter().map(row).collect() };
    let (weighed,): Weighed = session.call(Kind::Weigh, (weighing,))?;
    let points = match weighed {
        Ok(points) => check(&of.rows, points)?,
        Err(words) => return Ok(Err(failure(FailureReason::GaveUp, &words))),
    };
    let fuel = session.fuel_used();
    let writes = session.into_desk().overlay.into_writes();
    Ok(Ok(Done::Weighed(report::Weighed { points, writes, fuel })))
}

fn row(row: &Row) -> abi::Row<'_> {
    abi::Row {
        submission: row.submission.to_string(),
        hotkey: row.hotkey.to_string(),
        label: &row.label,
        score: row.score,
        eligible: row.eligible,
        benchmarks: row.measured.iter().map(measured).collect(),
    }
}

fn measured(of: &Measured) -> abi::Measured<'_> {
    let metrics =
        of.metrics.iter().map(|metric| abi::ShownMetric { name: &metric.name, value: metric.value });
    abi::Measured { benchmark: &of.benchmark, score: of.score.billionths(), metrics: metrics.collect() }
}

/// Points go to rows of the weighing, to each once.
fn check(rows: &[Row], points: Vec<abi::Points>) -> Result<Vec<(SubmissionId, u64)>, Fault> {
    let misuse = |what: String| Err(Fault::Misuse(what));
    if points.len() > POINTS_MAX {
        return misuse(format!("it gives points to {} submissions of {POINTS_MAX} allowed", points.len()));
    }
    let known: BTreeSet<SubmissionId> = rows.iter().map(|row| row.submission).collect();
    let mut given = BTreeMap::new();
    for abi::Points { submission, points } in points {
        let named = submission.parse().ok().filter(|id| known.contains(id));
        let Some(id) = named else {
            let name: String = submission.chars().take(80).collect();
            return misuse(format!("it gives points to {name:?}, which is not in the weighing"));
        };
        if given.insert(id, points).is_some() {
            return misuse(format!("it gives points to {id} twice"));
        }
    }
    Ok(given.into_iter().collect())
}
