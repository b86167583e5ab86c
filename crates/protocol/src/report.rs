//! Step 4: reports are hidden first and shown later, so that nobody can copy one.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Commit, Job, Key, Phase, Verdict, View};
use crate::{score, validator, weigh};
use agon_types::event::Event;
use agon_types::manifest::Agreement;
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
    let fits = manifest.is_some_and(|manifest| match id.is_weigh() {
        true => weigh::fits(draft, manifest, &report.outcome),
        false => fits(manifest, &report.outcome),
    });
    if !fits {
        return Err(Reason::BadReport { job: id });
    }
    draft.put(Key::Report(id, validator), report.outcome.clone());
    draft.tell(Event::ReportRevealed { challenge: job.challenge.clone(), job: id, validator });
    agree_early(draft, id, &job);
    Ok(())
}

/// Equal reports agree as soon as a quorum says the same: nothing later could change that. (S5.2, S7.6)
fn agree_early(draft: &mut Draft<'_>, id: JobId, job: &Job) {
    let manifest = draft.manifest(job.challenge.clone(), job.version);
    let exact = manifest.is_some_and(|manifest| manifest.agreement == Agreement::Exact);
    match id.is_weigh() {
        _ if job.verdict != Verdict::Open => false,
        true => weigh::agree(draft, id, job),
        false => exact && score::agree(draft, id, job),
    };
}

/// Whether an outcome has every benchmark of the manifest, in its order, within the limits, and names nothing in the
/// vault that the manifest does not grant. (S4.5, S4.8)
fn fits(manifest: &Manifest, outcome: &Outcome) -> bool {
    let measured = match outcome {
        Outcome::Failed(_) => return outcome.is_bounded(),
        Outcome::Weighed(_) => return false,
        Outcome::Scored(measured) => measured,
    };
    let reach = &manifest.capabilities;
    let granted = measured.iter().all(|one| {
        (one.recording.is_none() || !reach.hosts.is_empty())
            && (one.kept.is_empty() || reach.kept_bytes_max > 0)
    });
    let names = measured.iter().map(|one| &one.benchmark);
    granted && outcome.is_bounded() && names.eq(manifest.benchmarks.iter().map(|benchmark| &benchmark.name))
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
