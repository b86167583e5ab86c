//! Step 4: reports are hidden first and shown later, so that nobody can copy one.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Commit, Job, Key, Phase, View};
use crate::{score, validator};
use agon_types::event::Event;
use agon_types::{Action, Digest, Hotkey, JobId, Manifest, Outcome, Report, Verified};

/// Takes a hidden report while the commit window is open. (S4.1, S4.2)
pub fn commit(
    draft: &mut Draft<'_>,
    action: &Verified<Action>,
    (id, validator, hidden): (JobId, Hotkey, Digest),
) -> Result<(), Reason> {
    let challenge = assigned_job(draft, action, (id, validator))?.challenge.clone();
    if let Some(known) = draft.commit(id, validator) {
        let same = known.0 == hidden;
        return Err(if same { Reason::AlreadyDone } else { Reason::CommitStands { job: id } });
    }
    check_phase(draft, id, Phase::Commit)?;
    draft.put(Key::Commit(id, validator), Commit(hidden));
    draft.tell(Event::ReportCommitted { challenge, job: id, validator });
    Ok(())
}

/// Takes a report that was hidden before, while the reveal window is open. (S4.3, S4.4, S4.5)
pub fn reveal(
    draft: &mut Draft<'_>,
    action: &Verified<Action>,
    (report, salt): (&Report, &[u8; 32]),
) -> Result<(), Reason> {
    let (id, validator) = (report.job, report.validator);
    let job = assigned_job(draft, action, (id, validator))?.clone();
    if draft.report(id, validator).is_some() {
        return Err(Reason::AlreadyDone);
    }
    check_phase(draft, id, Phase::Reveal)?;
    let hidden = draft.commit(id, validator).ok_or(Reason::NoCommit { job: id })?.0;
    let network = &draft.network().ok_or(Reason::NoGenesis)?.network;
    if report.commit(network, salt) != hidden {
        return Err(Reason::CommitMismatch { job: id });
    }
    let manifest = draft.manifest(job.challenge.clone(), job.version);
    if !manifest.is_some_and(|manifest| fits(manifest, &report.outcome)) {
        return Err(Reason::BadReport { job: id });
    }
    draft.put(Key::Report(id, validator), report.outcome.clone());
    draft.tell(Event::ReportRevealed { challenge: job.challenge.clone(), job: id, validator });
    score::agree_early(draft, id, &job);
    Ok(())
}

/// Whether an outcome has every benchmark of the manifest, in its order, within the limits.
fn fits(manifest: &Manifest, outcome: &Outcome) -> bool {
    let names = match outcome {
        Outcome::Failed(_) => return outcome.is_bounded(),
        Outcome::Scored(measured) => measured.iter().map(|measured| &measured.benchmark),
    };
    outcome.is_bounded() && names.eq(manifest.benchmarks.iter().map(|benchmark| &benchmark.name))
}

fn assigned_job<'d>(
    draft: &'d Draft<'_>,
    action: &Verified<Action>,
    (id, validator): (JobId, Hotkey),
) -> Result<&'d Job, Reason> {
    validator::check_session(draft, action, validator)?;
    let job = draft.job(id).ok_or(Reason::UnknownJob { job: id })?;
    let assigned = job.assigned.iter().any(|(hotkey, _)| *hotkey == validator);
    if assigned { Ok(job) } else { Err(Reason::NotAssigned { validator, job: id }) }
}

fn check_phase(draft: &Draft<'_>, id: JobId, phase: Phase) -> Result<(), Reason> {
    let round = draft.round(id.epoch, id.round);
    if round.is_some_and(|round| round.phase == phase) {
        Ok(())
    } else {
        Err(Reason::OutsideWindow { job: id })
    }
}
