//! The way of a submission in seven steps, from the announcement to the chain, each with what is known of it.

use crate::time::rfc3339;
use agon_port::records::Ticket;
use agon_protocol::state::{Agreed, Job, Submission, View};
use agon_protocol::{State, board};
use agon_types::{Epoch, Height, JobId, SubmissionId, TimeMs};
use serde::Serialize;

mod steps;

/// The seven words.
pub(crate) const NAMES: [&str; 7] = ["submission", "vault", "job", "report", "score", "weights", "chain"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepState {
    Waiting,
    Active,
    Done,
    Failed,
    /// It will not come: the submission ended before.
    Skipped,
}

impl StepState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One step of the way.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    #[serde(rename = "step")]
    pub name: &'static str,
    pub state: StepState,
    pub at: Option<String>,
    pub height: Option<Height>,
    pub epoch: Option<Epoch>,
    /// The code of what holds it up or ended it.
    pub reason: Option<&'static str>,
    pub detail: String,
}

impl Step {
    fn new(name: &'static str, state: StepState, detail: impl Into<String>) -> Self {
        Self { name, state, at: None, height: None, epoch: None, reason: None, detail: detail.into() }
    }

    fn at(mut self, time: Option<TimeMs>, height: Option<Height>) -> Self {
        self.at = time.map(rfc3339);
        self.height = height;
        self
    }

    fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }

    fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }
}

/// What the state does not say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    pub in_vault: bool,
    pub scored_at: Option<TimeMs>,
    /// The chain's block in which this node's weights of the epoch stand.
    pub weights_block: Option<u64>,
}

/// The newest job of a submission that the state still has.
pub(crate) fn newest_job(state: &State, id: SubmissionId) -> Option<(JobId, &Job)> {
    let epoch = state.now()?.epoch.0;
    let kept = agon_protocol::limits::REPORTS_KEPT_EPOCHS;
    let epochs = (epoch.saturating_sub(kept)..=epoch).rev();
    let mut jobs =
        epochs.flat_map(|epoch| [1, 0].map(|round| JobId { epoch: Epoch(epoch), round, submission: id }));
    jobs.find_map(|id| Some((id, state.job(id)?)))
}

/// The epoch whose score, weights and chain the way is about: that of the newest job, else of the last score.
pub(crate) fn epoch_of(state: &State, id: SubmissionId) -> Option<Epoch> {
    let job = newest_job(state, id).map(|(job, _)| job.epoch);
    job.or_else(|| state.submission(id)?.last.map(|(_, epoch)| epoch))
}

/// The agreed score of the epoch that the way is about.
pub(crate) fn agreed_in(state: &State, id: SubmissionId, epoch: Epoch) -> Option<&Agreed> {
    let known = state.submission(id)?;
    board::last_agreed(state, known, id).filter(|_| known.last.is_some_and(|(_, last)| last == epoch))
}

pub(crate) fn of_submission(
    state: &State,
    (id, known): (SubmissionId, &Submission),
    outside: &Outside,
) -> Vec<Step> {
    let announced = format!("announced with the commitment of chain block {}", known.committed_at);
    let mut steps = vec![
        Step::new("submission", StepState::Done, announced)
            .at(Some(known.time_ms), Some(known.height))
            .in_epoch(known.epoch),
        match outside.in_vault {
            true => Step::new(
                "vault",
                StepState::Done,
                format!("{} bytes, kept by digest", known.announcement.size_bytes),
            ),
            false => Step::new("vault", StepState::Waiting, "this hub does not have the bytes"),
        },
    ];
    if let Some(earlier) = known.duplicate_of {
        let detail = format!("the same artifact was committed earlier, as {}", earlier.short());
        steps.push(Step::new("job", StepState::Skipped, detail).because("duplicate"));
        steps.extend(
            NAMES[3..].iter().map(|name| Step::new(name, StepState::Skipped, "a duplicate is not evaluated")),
        );
        return steps;
    }
    let Some(epoch) = epoch_of(state, id) else {
        let detail =
            format!("competes in epoch {}, under a seed that nobody knows before", known.epoch.next());
        steps.push(Step::new("job", StepState::Waiting, detail).in_epoch(known.epoch.next()));
        steps.extend(NAMES[3..].iter().map(|name| Step::new(name, StepState::Waiting, "")));
        return steps;
    };
    let job = newest_job(state, id);
    let agreed = agreed_in(state, id, epoch);
    steps.push(steps::job(state, epoch, job));
    steps.push(steps::report(state, epoch, job, agreed.is_some()));
    steps.push(steps::score(epoch, job, agreed, outside));
    steps.push(steps::weights(state, known, epoch));
    steps.push(steps::chain(state, epoch, outside));
    steps
}

/// The way of what is not announced yet.
pub(crate) fn of_ticket(ticket: &Ticket, now: TimeMs) -> Vec<Step> {
    let expired = ticket.uploaded_at.is_none() && ticket.expires_at <= now;
    let submission = Step::new("submission", StepState::Active, "waits to be announced");
    let (submission, vault) = match ticket.uploaded_at {
        Some(at) => (
            Step {
                detail: "waits for the commitment on the chain".to_owned(),
                ..submission.because("awaiting_commitment")
            },
            Step::new("vault", StepState::Done, format!("{} bytes, kept by digest", ticket.size_bytes))
                .at(Some(at), None),
        ),
        None if expired => (
            Step::new("submission", StepState::Failed, "nothing was uploaded in time: submit again")
                .because("expired"),
            Step::new("vault", StepState::Skipped, ""),
        ),
        None => (
            submission.because("awaiting_upload"),
            Step::new("vault", StepState::Active, "waits for the upload"),
        ),
    };
    let rest = if expired { StepState::Skipped } else { StepState::Waiting };
    let rest = NAMES[2..].iter().map(|name| Step::new(name, rest, ""));
    [submission, vault].into_iter().chain(rest).collect()
}
