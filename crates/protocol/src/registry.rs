//! The owner's changes: publish, update, pause, resume, retire. They act when an epoch opens, never within a job.

use crate::draft::Draft;
use crate::reason::Reason;
use crate::state::{Challenge, Change, Key, Status, Value, View};
use agon_types::action::Shift;
use agon_types::event::Event;
use agon_types::{
    Action, ChallengeId, Digest, Epoch, Genesis, Height, Manifest, PublicKey, Score, Verified, limits,
};

/// Refuses an action that has not enough keys of the owner. (S6.1)
pub fn check_owner(genesis: &Genesis, action: &Verified<Action>) -> Result<(), Reason> {
    let owner = &genesis.owner;
    let signed = owner.keys.iter().filter(|key| action.is_signed_by(PublicKey::Hotkey(**key))).count();
    if signed >= usize::from(owner.threshold) {
        Ok(())
    } else {
        Err(Reason::NotOwner { threshold: owner.threshold })
    }
}

/// Opens a challenge; it is active from the next epoch on. (S6.2)
pub fn publish(draft: &mut Draft<'_>, action: &Verified<Action>, manifest: &Manifest) -> Result<(), Reason> {
    check_owner(draft.network().ok_or(Reason::NoGenesis)?, action)?;
    if draft.challenge(manifest.id.clone()).is_some() {
        let same = draft.manifest(manifest.id.clone(), manifest.version) == Some(manifest);
        let challenge = manifest.id.clone();
        return Err(if same { Reason::AlreadyDone } else { Reason::ChallengeExists { challenge } });
    }
    if manifest.version != 1 {
        return Err(Reason::WrongVersion { expected: 1, got: manifest.version });
    }
    check_manifest(draft, manifest)?;
    let living = all(draft).iter().filter(|(_, known)| known.status != Status::Retired).count();
    if living >= limits::CHALLENGES_MAX {
        return Err(Reason::TooManyChallenges { max: limits::CHALLENGES_MAX });
    }
    let next = Some(Change { version: 1, status: Status::Active });
    let challenge = Challenge { version: 1, status: Status::Proposed, next, shifted: Height(0) };
    keep(draft, manifest, challenge);
    Ok(())
}

/// Replaces the rules from the next epoch on. (S6.3)
pub fn update(draft: &mut Draft<'_>, action: &Verified<Action>, manifest: &Manifest) -> Result<(), Reason> {
    check_owner(draft.network().ok_or(Reason::NoGenesis)?, action)?;
    let id = manifest.id.clone();
    let known =
        draft.challenge(id.clone()).cloned().ok_or(Reason::UnknownChallenge { challenge: id.clone() })?;
    if draft.manifest(id.clone(), manifest.version) == Some(manifest) {
        return Err(Reason::AlreadyDone);
    }
    let latest = known.next.clone().unwrap_or(Change { version: known.version, status: known.status });
    if latest.status == Status::Retired {
        return Err(Reason::ShiftNotPossible { challenge: id });
    }
    let expected = latest.version.saturating_add(1);
    if manifest.version != expected {
        return Err(Reason::WrongVersion { expected, got: manifest.version });
    }
    check_manifest(draft, manifest)?;
    let next = Some(Change { version: manifest.version, status: latest.status });
    keep(draft, manifest, Challenge { next, ..known });
    Ok(())
}

/// Pauses, resumes or retires from the next epoch on. (S6.4)
pub fn shift(
    draft: &mut Draft<'_>,
    action: &Verified<Action>,
    (id, version, shift): (&ChallengeId, u32, Shift),
) -> Result<(), Reason> {
    check_owner(draft.network().ok_or(Reason::NoGenesis)?, action)?;
    let known = draft.challenge(id.clone()).cloned();
    let known = known.ok_or_else(|| Reason::UnknownChallenge { challenge: id.clone() })?;
    let latest = known.next.clone().unwrap_or(Change { version: known.version, status: known.status });
    if latest.version != version {
        return Err(Reason::WrongVersion { expected: latest.version, got: version });
    }
    let status = match (shift, latest.status) {
        (Shift::Pause, Status::Active) => Status::Paused,
        (Shift::Resume, Status::Paused) => Status::Active,
        (Shift::Retire, Status::Active | Status::Paused | Status::Proposed) => Status::Retired,
        (Shift::Pause, Status::Paused) | (Shift::Retire, Status::Retired) => return Err(Reason::AlreadyDone),
        (Shift::Resume, Status::Active) => return Err(Reason::AlreadyDone),
        _ => return Err(Reason::ShiftNotPossible { challenge: id.clone() }),
    };
    // A pause that was undone must not come back because somebody sends it again.
    let shifted = action.body().expires_at_height;
    if shifted <= known.shifted {
        return Err(Reason::Superseded { challenge: id.clone(), expired: known.shifted });
    }
    let next = Some(Change { version, status });
    draft.put(Key::Challenge(id.clone()), Challenge { next, shifted, ..known });
    Ok(())
}

/// Makes every signed change true that is due. Rules and openings wait for their epoch; a pause or an end never
/// does. (S6.5)
pub fn adopt(draft: &mut Draft<'_>, epoch: Epoch) {
    for (id, known) in all(draft) {
        let Some(next) = known.next.clone() else { continue };
        let is_due = |version| {
            draft.manifest(id.clone(), version).is_some_and(|rules| rules.not_before_epoch <= epoch)
        };
        let version = if is_due(next.version) { next.version } else { known.version };
        let status = match next.status {
            Status::Active if !is_due(version) => known.status,
            status => status,
        };
        let done = status == Status::Retired || next == Change { version, status };
        if (version, status) != (known.version, known.status) || done {
            draft.put(
                Key::Challenge(id.clone()),
                Challenge { version, status, next: (!done).then_some(next), ..known },
            );
            let status = status_text(status).to_owned();
            draft.tell(Event::ChallengeChanged { challenge: id, version, status });
        }
    }
}

/// Every challenge that takes part in an epoch, with the version that counts for it.
pub fn active(view: &impl View) -> Vec<(ChallengeId, u32)> {
    let active = all(view).into_iter().filter(|(_, known)| known.status == Status::Active);
    active.map(|(id, known)| (id, known.version)).collect()
}

/// Every challenge, in the order of its id.
pub fn all(view: &impl View) -> Vec<(ChallengeId, Challenge)> {
    let Some((first, last)) = edges() else { return Vec::new() };
    let entries = view.range(&Key::Challenge(first), &Key::Challenge(last)).into_iter();
    let challenges = entries.filter_map(|(key, value)| match (key, value) {
        (Key::Challenge(id), Value::Challenge(challenge)) => Some((id.clone(), (**challenge).clone())),
        _ => None,
    });
    challenges.collect()
}

/// The rules under which an open challenge takes submissions, or why it takes none.
pub fn open_manifest<'v>(view: &'v impl View, id: &ChallengeId) -> Result<&'v Manifest, Reason> {
    let challenge = || id.clone();
    let known =
        view.challenge(id.clone()).ok_or_else(|| Reason::UnknownChallenge { challenge: challenge() })?;
    if known.status != Status::Active {
        return Err(Reason::ChallengeClosed { challenge: challenge() });
    }
    view.manifest(id.clone(), known.version)
        .ok_or_else(|| Reason::UnknownChallenge { challenge: challenge() })
}

pub fn status_text(status: Status) -> &'static str {
    match status {
        Status::Proposed => "proposed",
        Status::Active => "active",
        Status::Paused => "paused",
        Status::Retired => "retired",
    }
}

/// The least and the greatest name that a challenge can have.
pub(crate) fn edges() -> Option<(ChallengeId, ChallengeId)> {
    Some(("a".parse().ok()?, "z".repeat(limits::SLUG_BYTES_MAX).parse().ok()?))
}

fn keep(draft: &mut Draft<'_>, manifest: &Manifest, challenge: Challenge) {
    let (id, version) = (manifest.id.clone(), manifest.version);
    draft.put(Key::Manifest(id.clone(), version), manifest.clone());
    draft.put(Key::Challenge(id.clone()), challenge);
    draft.tell(Event::ChallengeProposed { challenge: id, version });
}

fn check_manifest(draft: &Draft<'_>, manifest: &Manifest) -> Result<(), Reason> {
    let invalid = |field: &str, problem: String| Reason::InvalidManifest { field: field.to_owned(), problem };
    manifest.check().map_err(|error| invalid(error.field, error.problem))?;
    if manifest.code == Digest::ZERO {
        return Err(invalid("code", "name the digest of the challenge's code".to_owned()));
    }
    check_emission(draft, manifest)
}

/// The shares of all challenges that are not retired fit into the whole. (S6.6)
fn check_emission(draft: &Draft<'_>, manifest: &Manifest) -> Result<(), Reason> {
    let others =
        all(draft).into_iter().filter(|(id, known)| *id != manifest.id && known.status != Status::Retired);
    let taken: u64 = others
        .filter_map(|(id, known)| {
            // A change that waits counts if it is larger: whichever comes, the whole is never exceeded.
            let share = |version| draft.manifest(id.clone(), version).map(|m| m.emission_share);
            let next = known.next.as_ref().and_then(|change| share(change.version));
            share(known.version).max(next).map(|share| u64::from(share.billionths()))
        })
        .sum();
    let left = u64::from(Score::ONE.billionths()).saturating_sub(taken);
    if u64::from(manifest.emission_share.billionths()) > left {
        return Err(Reason::EmissionExceeded { left: u32::try_from(left).unwrap_or(0) });
    }
    Ok(())
}
