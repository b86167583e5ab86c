//! Step 3: which submissions are evaluated in an epoch, by whom, under which seed. All of it follows from the state.

use crate::draft::Draft;
use crate::state::{Job, Key, Opened, Value, Verdict, View};
use crate::{board, limits};
use agon_types::event::Event;
use agon_types::manifest::Assignment;
use agon_types::{ChallengeId, Digest, Epoch, Hotkey, JobId, Manifest, Power, SubmissionId};
use std::collections::BTreeSet;

/// Writes the jobs of an epoch; false if there are none. (S3.5)
pub fn derive(draft: &mut Draft<'_>, epoch: Epoch, opened: &Opened) -> bool {
    let mut any = false;
    for (challenge, version) in &opened.challenges {
        let Some(manifest) = draft.manifest(challenge.clone(), *version).cloned() else { continue };
        for submission in competitors(draft, &manifest) {
            draft.remove(Key::Entrant(challenge.clone(), submission));
            let assigned = assign(&manifest, opened, submission);
            put(draft, JobId { epoch, round: 0, submission }, (&manifest, assigned));
            draft.tell(Event::SubmissionEvaluating { challenge: challenge.clone(), submission, epoch });
            any = true;
        }
    }
    any
}

/// All validators of an epoch with their power.
pub fn everybody(opened: &Opened) -> Vec<(Hotkey, u64)> {
    opened.validators.iter().map(|(hotkey, power)| (*hotkey, power.0)).collect()
}

/// Writes one job.
pub fn put(draft: &mut Draft<'_>, job: JobId, (manifest, assigned): (&Manifest, Vec<(Hotkey, u64)>)) {
    let (challenge, version) = (manifest.id.clone(), manifest.version);
    draft.put(Key::Job(job), Job { challenge, version, assigned, verdict: Verdict::Open });
}

/// Champion, candidate, the board's best, and whoever was announced before this epoch.
fn competitors(draft: &Draft<'_>, manifest: &Manifest) -> Vec<SubmissionId> {
    let mut chosen: Vec<SubmissionId> = Vec::new();
    if let Some(standing) = draft.board(manifest.id.clone()) {
        chosen.extend(standing.champion);
        chosen.extend(standing.candidate);
        let best =
            board::rows(draft, &manifest.id).into_iter().filter(|row| row.score > agon_types::Score::ZERO);
        chosen.extend(best.take(usize::from(manifest.rerun_top)).map(|row| row.submission));
    }
    chosen.extend(entrants(draft, &manifest.id).into_iter().map(|(submission, _)| submission));
    let mut seen = BTreeSet::new();
    chosen.retain(|submission| seen.insert(*submission));
    chosen.truncate(limits::JOBS_PER_CHALLENGE_MAX);
    chosen
}

/// Submissions that wait for a job, those that wait longest first.
fn entrants(draft: &Draft<'_>, challenge: &ChallengeId) -> Vec<(SubmissionId, Epoch)> {
    let edge = |id| Key::Entrant(challenge.clone(), SubmissionId(Digest([id; 32])));
    let entries = draft.range(&edge(0), &edge(0xff)).into_iter();
    let mut waiting: Vec<_> = entries
        .filter_map(|(key, value)| match (key, value) {
            (Key::Entrant(_, submission), Value::Entrant(since)) => Some((*submission, since.0)),
            _ => None,
        })
        .collect();
    waiting.sort_by_key(|(submission, since)| (*since, *submission));
    waiting
}

/// The validators of a job with their weight. (S3.6)
pub fn assign(manifest: &Manifest, opened: &Opened, submission: SubmissionId) -> Vec<(Hotkey, u64)> {
    match manifest.assignment {
        Assignment::All => everybody(opened),
        Assignment::Seats(seats) => draw(opened, submission, seats),
    }
}

/// Equal seats, drawn by power with replacement; a draw depends only on the epoch's seed and the submission.
fn draw(opened: &Opened, submission: SubmissionId, seats: u16) -> Vec<(Hotkey, u64)> {
    let whole: Power = opened.validators.iter().map(|(_, power)| *power).sum();
    if whole == Power(0) {
        return Vec::new();
    }
    let mut weights = vec![0u64; opened.validators.len()];
    for seat in 0..seats {
        let digest = Digest::tagged("agon/seat", &(opened.seed, submission, seat));
        // 128 bits modulo 2^40 at most: the bias is far below anything that could matter.
        let random = digest.0.iter().take(16).fold(0u128, |number, byte| (number << 8) | u128::from(*byte));
        let mut point = u64::try_from(random % u128::from(whole.0)).unwrap_or(0);
        for ((_, power), weight) in opened.validators.iter().zip(&mut weights) {
            if point < power.0 {
                *weight += 1;
                break;
            }
            point -= power.0;
        }
    }
    let drawn = opened.validators.iter().zip(weights).filter(|(_, weight)| *weight > 0);
    drawn.map(|((hotkey, _), weight)| (*hotkey, weight)).collect()
}

/// The randomness of a benchmark: the same for every submission of an epoch, unknown before the epoch. (S3.7)
pub fn seed(opened: &Opened, challenge: &ChallengeId, benchmark: &str) -> [u8; 32] {
    Digest::tagged("agon/seed", &(opened.seed, challenge, benchmark)).0
}

/// The randomness of weighing an epoch. (S7.4)
pub fn weigh_seed(opened: &Opened, challenge: &ChallengeId) -> [u8; 32] {
    Digest::tagged("agon/weigh-seed", &(opened.seed, challenge)).0
}

/// Who sits at the table of a submission: the first that the seed draws among all that are judged in the epoch, but for
/// itself. (S3.10)
pub fn opponents(view: &impl View, opened: &Opened, (id, manifest): (JobId, &Manifest)) -> Vec<SubmissionId> {
    if manifest.opponents == 0 {
        return Vec::new();
    }
    let edge =
        |byte| Key::Job(JobId { epoch: id.epoch, round: 0, submission: SubmissionId(Digest([byte; 32])) });
    let entries = view.range(&edge(0), &edge(0xff)).into_iter();
    let mut drawn: Vec<(Digest, SubmissionId)> = entries
        .filter_map(|(key, value)| match (key, value) {
            (Key::Job(other), Value::Job(job)) if job.challenge == manifest.id => Some(other.submission),
            _ => None,
        })
        .filter(|other| *other != id.submission)
        .map(|other| (Digest::tagged("agon/opponent", &(opened.seed, other)), other))
        .collect();
    drawn.sort_unstable();
    drawn.into_iter().take(usize::from(manifest.opponents)).map(|(_, other)| other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::{ChainBlock, Height, TimeMs};

    fn opened(powers: &[u64], seed: u8) -> Opened {
        let validators = (0u8..).zip(powers).map(|(n, power)| (Hotkey([n; 32]), Power(*power))).collect();
        let (anchor, height, time_ms) = (ChainBlock(0), Height(0), TimeMs(0));
        Opened { anchor, seed: [seed; 32], validators, challenges: Vec::new(), height, time_ms }
    }

    #[test]
    fn seats_follow_power_and_add_up() {
        let opened = opened(&[100, 300, 600], 1);
        let mut sums = [0u64; 3];
        for n in 0..200u8 {
            let drawn = draw(&opened, SubmissionId(Digest::of(&[n])), 10);
            assert_eq!(drawn.iter().map(|(_, weight)| weight).sum::<u64>(), 10);
            for (hotkey, weight) in drawn {
                sums[usize::from(hotkey.0[0])] += weight;
            }
        }
        let near = |got: u64, expected: u64| got.abs_diff(expected) < 120;
        assert!(near(sums[0], 200) && near(sums[1], 600) && near(sums[2], 1200), "{sums:?}");
    }

    #[test]
    fn another_seed_draws_other_seats() {
        let submission = SubmissionId(Digest::of(b"s"));
        let powers = [1; 50];
        assert_eq!(draw(&opened(&powers, 1), submission, 5), draw(&opened(&powers, 1), submission, 5));
        assert_ne!(draw(&opened(&powers, 1), submission, 5), draw(&opened(&powers, 2), submission, 5));
        assert!(draw(&opened(&[], 1), submission, 5).is_empty());
    }
}
