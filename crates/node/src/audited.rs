//! A run between its two lines of the audit log. A log that cannot be written stops no run: it says itself what it lost.

use agon_port::audit::{Event, Line};
use agon_port::sandbox::{Done, Ended, Error, Run};
use agon_port::{Audit, Sandbox};
use agon_types::Failure;

/// Which challenge runs, and for what: a job, or a route.
#[derive(Clone, Debug)]
pub struct Cause {
    pub challenge: String,
    pub job: String,
}

/// Runs one phase. Its first line is on the disk before anything is done, so a node that dies leaves a run that began
/// and did not end.
pub async fn run(
    sandbox: &dyn Sandbox,
    audit: &dyn Audit,
    Cause { challenge, job }: Cause,
    run: Run,
) -> Result<Result<Done, Failure>, Error> {
    let phase = run.phase.name();
    let begun = Line { challenge: challenge.clone(), job: job.clone(), phase, event: Event::Begun };
    let begun = append(audit, begun).await;
    let Ended { result, seen, calls: told, .. } = sandbox.run(run).await;
    let event = Event::Ended { begun, how: ending(&result).to_owned(), seen, told };
    append(audit, Line { challenge, job, phase, event }).await;
    result
}

async fn append(audit: &dyn Audit, line: Line) -> Option<u64> {
    audit.append(line).await.inspect_err(|error| tracing::error!("{error}")).ok()
}

/// How a run ended, as the log says it.
fn ending(result: &Result<Result<Done, Failure>, Error>) -> &'static str {
    match result {
        Ok(Ok(_)) => "done",
        Ok(Err(failure)) => failure.reason.code(),
        Err(Error::Challenge(_)) => "challenge_fault",
        Err(Error::WallTime(_)) => "wall_time",
        Err(Error::Executor(_)) => "executor_fault",
    }
}
