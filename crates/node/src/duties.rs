//! A validator's work: register, evaluate, commit, reveal. All of it is found anew from the state after each block.

use crate::evaluation::{Bench, Evaluation, Problem};
use crate::handle::Handle;
use crate::lanes::{Lanes, Waiting};
use crate::limits::EVALUATIONS_MAX;
use crate::outside::Answers;
use crate::start::Identity;
use agon_port::records::OwnReport;
use agon_port::{Order, Web};
use agon_protocol::View;
use agon_protocol::pending::{self, Duty, Task};
use agon_types::key::SigningKey;
use agon_types::{Action, ActionBody, Epoch, Height, JobId, Outcome, Report, Signed};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Heights after which an action that no block took is sent again.
const RESEND_HEIGHTS: u64 = 8;
/// Heights for which a validator's action is valid.
const EXPIRY_HEIGHTS: u64 = 200;
/// Heights after which missing bytes are asked for again.
const MISSING_HEIGHTS: u64 = 2;
/// Epochs for which own reports are kept; after that they have left the ledger's state, too.
const REPORTS_KEPT_EPOCHS: u64 = 3;
/// Duties are looked at again after this, even if no block comes.
const IDLE: Duration = Duration::from_secs(2);

/// What a validator works with.
#[derive(Clone)]
pub struct Workshop {
    pub handle: Handle,
    pub identity: Identity,
    pub order: Arc<dyn Order>,
    pub bench: Bench,
    pub web: Arc<dyn Web>,
    pub random: fn(&mut [u8]),
}

impl Workshop {
    fn height(&self) -> Height {
        self.handle.read(|state| state.now().map_or(Height(0), |now| now.height))
    }
}

/// What was begun and is not to be begun twice. Losing it costs work, never correctness.
struct Desk {
    sent: HashMap<String, Height>,
    lanes: Lanes,
    running: JoinSet<Result<(), Problem>>,
    /// The job of each task that runs.
    jobs: HashMap<Id, JobId>,
    setbacks: HashMap<JobId, Setback>,
    /// The epoch before which own reports were forgotten.
    swept: Epoch,
}

impl Desk {
    fn new(lanes: usize) -> Self {
        Self {
            sent: HashMap::new(),
            lanes: Lanes::new(lanes),
            running: JoinSet::new(),
            jobs: HashMap::new(),
            setbacks: HashMap::new(),
            swept: Epoch(0),
        }
    }
}

/// A job that could not be evaluated by our fault.
#[derive(Default)]
struct Setback {
    attempts: u32,
    /// The height before which it is not tried again.
    again_at: Height,
}

/// Works until the token is cancelled.
pub async fn run(workshop: Workshop, stop: CancellationToken) {
    let mut desk = Desk::new(workshop.bench.sandbox.lanes());
    let mut tip = workshop.handle.tip();
    loop {
        look(&workshop, &mut desk).await;
        tokio::select! {
            () = stop.cancelled() => break,
            changed = tip.changed() => if changed.is_err() { break },
            Some(done) = desk.running.join_next_with_id() => finish(&workshop, &mut desk, done),
            () = tokio::time::sleep(IDLE) => {}
        }
    }
    desk.running.shutdown().await;
}

async fn look(workshop: &Workshop, desk: &mut Desk) {
    let (me, session) = (workshop.identity.hotkey.hotkey(), workshop.identity.session.session());
    let (duties, height) = workshop
        .handle
        .read(|state| (pending::duties(state, me, session), state.now().map_or(Height(0), |now| now.height)));
    desk.sent.retain(|_, sent| height.since(*sent) < RESEND_HEIGHTS);
    sweep(workshop, desk).await;
    let mut waiting = Vec::new();
    for duty in duties {
        match duty {
            Duty::Register { sequence } => {
                let body = ActionBody::RegisterSession { hotkey: me, session, sequence };
                let keys: [&dyn SigningKey; 2] = [&workshop.identity.hotkey, &workshop.identity.session];
                send(workshop, desk, (format!("register {sequence}"), body), &keys).await;
            }
            Duty::Reveal(job) => reveal(workshop, desk, job).await,
            Duty::Evaluate(job) => {
                if !commit(workshop, desk, job).await {
                    waiting.push(job);
                }
            }
        }
    }
    begin(workshop, desk, waiting);
}

async fn reveal(workshop: &Workshop, desk: &mut Desk, job: JobId) {
    match workshop.bench.records.own_report(job).await {
        Ok(Some(own)) => {
            let body = ActionBody::Reveal { report: own.report, salt: own.salt };
            send(workshop, desk, (format!("reveal {job}"), body), &[&workshop.identity.session]).await;
        }
        Ok(None) => tracing::error!(%job, "the report that was committed is lost, so nothing is revealed"),
        Err(error) => tracing::error!(%job, "the report cannot be read: {error}"),
    }
}

/// Commits a kept report; false if there is none yet.
async fn commit(workshop: &Workshop, desk: &mut Desk, job: JobId) -> bool {
    match workshop.bench.records.own_report(job).await {
        Ok(Some(own)) => {
            let commit = own.report.commit(&workshop.handle.genesis().network, &own.salt);
            let body = ActionBody::Commit { job, validator: own.report.validator, commit };
            send(workshop, desk, (format!("commit {job}"), body), &[&workshop.identity.session]).await;
        }
        Ok(None) => return false,
        Err(error) => tracing::error!(%job, "reports cannot be read: {error}"),
    }
    true
}

/// Begins to make reports, as many at once as there are lanes.
fn begin(workshop: &Workshop, desk: &mut Desk, jobs: Vec<JobId>) {
    let height = workshop.height();
    let setbacks = &desk.setbacks;
    let waiting: Vec<Waiting> = workshop.handle.read(|state| {
        let waits = |job: JobId| {
            let challenge = state.job(job)?.challenge.clone();
            let known = setbacks.get(&job);
            let may = known.is_none_or(|known| known.attempts < EVALUATIONS_MAX && known.again_at <= height);
            may.then(|| Waiting { job, challenge, attempts: known.map_or(0, |known| known.attempts) })
        };
        jobs.into_iter().filter_map(waits).collect()
    });
    while let Some(Waiting { job, .. }) = desk.lanes.next(&waiting) {
        let workshop = workshop.clone();
        let task = desk.running.spawn(async move { produce(&workshop, job).await });
        desk.jobs.insert(task.id(), job);
    }
}

type Done = Result<(Id, Result<(), Problem>), JoinError>;

fn finish(workshop: &Workshop, desk: &mut Desk, done: Done) {
    let (task, result) = match done {
        Ok((task, result)) => (task, result),
        Err(error) => (error.id(), Err(Problem::Fault(error.to_string()))),
    };
    let Some(job) = desk.jobs.remove(&task) else { return };
    desk.lanes.leave(job);
    let Err(problem) = result else { return };
    let setback = desk.setbacks.entry(job).or_default();
    let height = workshop.height();
    match problem {
        Problem::Missing(problem) => {
            setback.again_at = height.plus(MISSING_HEIGHTS);
            tracing::info!(%job, "evaluation waits: {problem}");
        }
        Problem::Fault(problem) => {
            setback.attempts += 1;
            setback.again_at = height.plus(1 << setback.attempts);
            let abstains = setback.attempts >= EVALUATIONS_MAX;
            let attempt = setback.attempts;
            tracing::warn!(%job, attempt, abstains, "evaluation failed by our fault: {problem}");
        }
    }
}

/// Forgets own reports that nobody can ask for any more.
async fn sweep(workshop: &Workshop, desk: &mut Desk) {
    let epoch = workshop.handle.read(|state| state.now().map_or(Epoch(0), |now| now.epoch));
    let before = Epoch(epoch.0.saturating_sub(REPORTS_KEPT_EPOCHS));
    if before > desk.swept {
        match workshop.bench.records.remove_reports(before).await {
            Ok(_) => desk.swept = before,
            Err(error) => tracing::warn!("old reports are not forgotten: {error}"),
        }
        desk.setbacks.retain(|job, _| job.epoch >= before);
    }
}

/// Evaluates a job and keeps the report durably.
#[tracing::instrument(skip_all, fields(job.id = %id, submission.id = %id.submission.short()))]
async fn produce(workshop: &Workshop, id: JobId) -> Result<(), Problem> {
    let begun = tokio::time::Instant::now();
    let task = workshop.handle.read(|state| pending::task(state, id));
    let task = task.ok_or_else(|| "the job has left the state".to_owned())?;
    // The second round asks for the same outcome again, so it need not be made again.
    let first = id.first_round();
    let known = workshop.bench.records.own_report(first).await.map_err(|error| error.to_string())?;
    let outcome = match known {
        Some(own) => own.report.outcome,
        None => evaluation(workshop, id, task).outcome().await?,
    };
    let code = match &outcome {
        Outcome::Scored(_) => "scored",
        Outcome::Weighed(_) => "weighed",
        Outcome::Failed(failure) => failure.reason.code(),
    };
    let mut salt = [0; 32];
    (workshop.random)(&mut salt);
    let report = Report { job: id, validator: workshop.identity.hotkey.hotkey(), outcome };
    let kept = workshop.bench.records.keep_report(OwnReport { report, salt }).await;
    kept.map_err(|error| error.to_string())?;
    tracing::info!(outcome = code, ms = begun.elapsed().as_millis(), "a job is finished");
    Ok(())
}

fn evaluation(workshop: &Workshop, job: JobId, task: Task) -> Evaluation<'_> {
    let parts = (Arc::clone(&workshop.bench.vault), Arc::clone(&workshop.web));
    let outside = Answers::to_job(workshop.handle.clone(), &task.manifest, job, parts);
    Evaluation { bench: &workshop.bench, job, task, outside: Arc::new(outside) }
}

/// Sends an action unless it is on its way; whether a block took it is seen in the state.
async fn send(
    workshop: &Workshop,
    desk: &mut Desk,
    (what, body): (String, ActionBody),
    keys: &[&dyn SigningKey],
) {
    if desk.sent.contains_key(&what) {
        return;
    }
    let height = workshop.height();
    let action = Action { expires_at_height: height.plus(EXPIRY_HEIGHTS), body };
    let signed = Signed::new(&workshop.handle.genesis().network, action, keys);
    match workshop.order.submit(signed).await {
        Ok(()) => {
            desk.sent.insert(what, height);
        }
        Err(fault) => tracing::warn!("cannot send {what}: {fault}"),
    }
}
