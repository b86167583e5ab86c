//! The canonical text of what a run gave, and the hash of all of it.

use crate::cases::{Boundary, Case};
use crate::plan::Plan;
use agon_port::sandbox::{Done, Ended, Sandbox};
use agon_types::{Digest, Failure};

/// Runs a case, and says in one line all that may enter a report, and why nothing does.
pub async fn line(case: &Case, sandbox: &dyn Sandbox) -> String {
    let plan = bounded(case, sandbox).await;
    let (ended, kept) = plan.run(sandbox).await;
    format!("{} | {}{}", case.name, told(&ended), shown(&kept))
}

/// The plan with its fuel at the boundary that the case asks for.
async fn bounded(case: &Case, sandbox: &dyn Sandbox) -> Plan {
    let plan = case.plan.clone();
    let Some(boundary) = case.boundary else { return plan };
    let (ended, kept) = plan.run(sandbox).await;
    let Ok(Ok(Done::Scored(measured))) = &ended.result else { panic!("{}: {ended:?}", case.name) };
    match boundary {
        Boundary::Challenge(by) => {
            plan.limits(|limits| limits.challenge_fuel = measured.fuel.saturating_add_signed(by))
        }
        Boundary::Agent(by) => {
            // The first thing that a player keeps is the tag of an answer, and then its fuel.
            let fuel = u64::from_le_bytes(kept[0][1..9].try_into().unwrap());
            plan.limits(|limits| limits.agent_fuel = fuel.saturating_add_signed(by))
        }
    }
}

fn told(ended: &Ended) -> String {
    match &ended.result {
        Ok(Ok(done)) => done_told(done),
        Ok(Err(Failure { reason, detail })) => format!("failed {} {detail:?}", reason.code()),
        Err(error) => format!("no outcome: {error}"),
    }
}

fn done_told(done: &Done) -> String {
    match done {
        Done::Described(of) => {
            format!("described {} {}", bytes(of.title.as_bytes()), bytes(of.summary.as_bytes()))
        }
        Done::Observed(recording) => format!("observed {}", bytes(recording)),
        Done::Scored(of) => {
            let metrics: Vec<String> =
                of.metrics.iter().map(|metric| format!("{:?}={}", metric.name, metric.value)).collect();
            let recording = of.recording.map(|digest| digest.short());
            let (score, fuel, metrics) = (of.score, of.fuel, metrics.join(","));
            format!(
                "scored {score} fuel {fuel} metrics [{metrics}] recording {recording:?} kept {}",
                of.kept.len()
            )
        }
        Done::Weighed(of) => {
            let points: Vec<String> =
                of.points.iter().map(|(id, points)| format!("{}={points}", id.short())).collect();
            let write = |(key, value): &(String, Option<Vec<u8>>)| {
                format!("{key:?}={:?}", value.as_deref().map(bytes))
            };
            let writes: Vec<String> = of.writes.iter().map(write).collect();
            format!("weighed [{}] writes [{}] fuel {}", points.join(","), writes.join(","), of.fuel)
        }
        Done::Served(of) => format!("served {} {:?} {}", of.status, of.content_type, bytes(&of.body)),
    }
}

fn shown(kept: &[Vec<u8>]) -> String {
    kept.iter().map(|piece| format!(" | {}", bytes(piece))).collect()
}

/// Few bytes as they are, many by length and digest.
fn bytes(bytes: &[u8]) -> String {
    match bytes.len() {
        0..=48 => bytes.iter().fold("x".to_owned(), |text, byte| format!("{text}{byte:02x}")),
        length => format!("{length} bytes {}", Digest::of(bytes)),
    }
}
