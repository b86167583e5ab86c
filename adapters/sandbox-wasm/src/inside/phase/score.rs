//! `score`: the challenge plays with its agents, and says what the first of them is worth.

use super::{Ended, Session, task};
use crate::inside::abi;
use crate::inside::desk::Kind;
use crate::inside::fault::{Fault, failure};
use agon_port::sandbox::{Done, Recording, Task};
use agon_types::limits::{METRICS_MAX, NAME_BYTES_MAX, RECORDING_BYTES_MAX};
use agon_types::report::{Measured, Metric};
use agon_types::{Digest, Score, codec};

pub type Params<'a> = (abi::Task<'a>, &'a [u8]);
pub type Scored = (Result<abi::Outcome, abi::Failure>,);

pub fn run(mut session: Session<'_>, of: &Task, recording: &[u8]) -> Ended {
    let observed = observed(recording)?;
    let seats = session.store.data().data.table.as_ref().map_or(0, |table| table.seats());
    let (scored,): Scored = session.call(Kind::Score, (task(of, seats), observed.as_slice()))?;
    let fuel = session.fuel_used();
    let outcome = match scored {
        Ok(outcome) => outcome,
        Err(refused) => return Ok(Err(failure(refused.reason.into(), &refused.detail))),
    };
    let (score, metrics) = check(outcome)?;
    Ok(Ok(Done::Scored(Measured {
        benchmark: of.benchmark.name.clone(),
        score,
        fuel,
        metrics,
        recording: (!recording.is_empty()).then(|| Digest::of(recording)),
        kept: session.into_desk().kept.digests,
    })))
}

/// What the challenge made of what it saw, which is nothing where it did not look.
fn observed(recording: &[u8]) -> Result<Vec<u8>, Fault> {
    if recording.is_empty() {
        return Ok(Vec::new());
    }
    let decoded = codec::decode::<Recording>(recording, RECORDING_BYTES_MAX);
    Ok(decoded.map_err(|error| Fault::Host(format!("the recording cannot be read: {error}")))?.observed)
}

/// What a challenge says must fit into a report.
fn check(outcome: abi::Outcome) -> Result<(Score, Vec<Metric>), Fault> {
    let misuse = |what: String| Err(Fault::Misuse(what));
    let Some(score) = Score::new(outcome.score) else {
        return misuse(format!("its score {} is above 1000000000", outcome.score));
    };
    if outcome.metrics.len() > METRICS_MAX {
        return misuse(format!("it reports {} metrics of {METRICS_MAX} allowed", outcome.metrics.len()));
    }
    if outcome.metrics.iter().any(|metric| !(1..=NAME_BYTES_MAX).contains(&metric.name.len())) {
        return misuse(format!("the name of a metric has not 1 to {NAME_BYTES_MAX} bytes"));
    }
    let metrics = outcome.metrics.into_iter().map(|metric| Metric { name: metric.name, value: metric.value });
    Ok((score, metrics.collect()))
}
