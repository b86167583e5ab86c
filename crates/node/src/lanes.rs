//! Which evaluations run at once: as many as the sandbox has lanes, no job twice, and every challenge in its turn.
//!
//! Weighings go first: what an epoch pays waits for them. Then it is the turn of the challenge with the fewest lanes, and
//! among equals of the one whose last turn is the longest ago; within a challenge those go first that failed the least,
//! by our fault, in the order of the duties. So a slow challenge, and a slow submission, has no more than its part of
//! the lanes as long as anybody else waits. Nothing is kept free for those who might come: they wait for the end of one
//! evaluation, which the wall time bounds.

use agon_types::{ChallengeId, JobId};
use std::collections::{BTreeMap, BTreeSet};

/// A job that could begin now.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub job: JobId,
    pub challenge: ChallengeId,
    /// How often it failed by our fault.
    pub attempts: u32,
}

/// Who is at work.
#[derive(Debug)]
pub(crate) struct Lanes {
    count: usize,
    busy: BTreeMap<JobId, ChallengeId>,
    /// The last turn of each challenge.
    turns: BTreeMap<ChallengeId, u64>,
    turn: u64,
}

impl Lanes {
    pub fn new(count: usize) -> Self {
        Self { count: count.max(1), busy: BTreeMap::new(), turns: BTreeMap::new(), turn: 0 }
    }

    /// The next of those who wait, who has a lane from now on; nobody if all are busy.
    pub fn next(&mut self, waiting: &[Waiting]) -> Option<Waiting> {
        if self.busy.len() >= self.count {
            return None;
        }
        // The second round asks for the outcome of the first, which is in the making.
        let at_work: BTreeSet<JobId> = self.busy.keys().map(|job| job.first_round()).collect();
        let idle = waiting.iter().filter(|one| !at_work.contains(&one.job.first_round()));
        let next = idle.min_by_key(|one| {
            let lanes = self.busy.values().filter(|challenge| **challenge == one.challenge).count();
            let last_turn = self.turns.get(&one.challenge).copied().unwrap_or(0);
            (!one.job.is_weigh(), lanes, last_turn, one.attempts)
        });
        let next = next?.clone();
        self.turn += 1;
        self.turns.insert(next.challenge.clone(), self.turn);
        self.busy.insert(next.job, next.challenge.clone());
        Some(next)
    }

    /// Frees the lane of a job.
    pub fn leave(&mut self, job: JobId) {
        self.busy.remove(&job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::{Digest, Epoch, SubmissionId};

    fn job(number: u8, round: u8) -> JobId {
        JobId { epoch: Epoch(1), round, submission: SubmissionId(Digest([number; 32])) }
    }

    fn waits(challenge: &str, number: u8) -> Waiting {
        Waiting { job: job(number, 0), challenge: challenge.parse().unwrap(), attempts: 0 }
    }

    /// The numbers of those that have their turn, one after the other, until no lane is free.
    fn turns(lanes: &mut Lanes, waiting: &[Waiting]) -> Vec<u8> {
        std::iter::from_fn(|| lanes.next(waiting).map(|next| next.job.submission.0.0[0])).collect()
    }

    #[test]
    fn as_many_run_at_once_as_there_are_lanes_and_none_twice() {
        let waiting = [waits("a", 1), waits("a", 2), waits("a", 3)];
        let mut lanes = Lanes::new(2);
        assert_eq!(turns(&mut lanes, &waiting), [1, 2]);
        lanes.leave(job(1, 0));
        assert_eq!(turns(&mut lanes, &waiting[1..]), [3]);
        assert_eq!(turns(&mut Lanes::new(9), &waiting), [1, 2, 3]);
        assert_eq!(turns(&mut Lanes::new(0), &waiting), [1], "there is one lane at least");
    }

    #[test]
    fn the_second_round_of_a_job_at_work_waits_for_it() {
        let second = Waiting { job: job(1, 1), ..waits("a", 1) };
        let mut lanes = Lanes::new(2);
        assert_eq!(turns(&mut lanes, &[waits("a", 1), second.clone()]), [1]);
        lanes.leave(job(1, 0));
        assert_eq!(turns(&mut lanes, &[second]), [1]);
    }

    #[test]
    fn a_slow_challenge_keeps_to_its_part_while_others_wait() {
        let slow = [waits("slow", 1), waits("slow", 2), waits("slow", 3), waits("slow", 4)];
        let mut lanes = Lanes::new(3);
        assert_eq!(turns(&mut lanes, &slow), [1, 2, 3], "all lanes, where nobody else waits");
        lanes.leave(job(1, 0));
        let others = [waits("quick", 5), waits("quick", 6)];
        let both = [&slow[..], &others].concat();
        assert_eq!(turns(&mut lanes, &both), [5], "whoever has none is next");
        lanes.leave(job(5, 0));
        let both = [&slow[..], &others[1..]].concat();
        assert_eq!(turns(&mut lanes, &both), [6], "as long as it waits");
        lanes.leave(job(2, 0));
        assert_eq!(turns(&mut lanes, &slow), [1]);
    }

    #[test]
    fn challenges_take_turns_on_one_lane() {
        let all = [waits("a", 1), waits("a", 2), waits("a", 3), waits("b", 4), waits("c", 5)];
        let (mut lanes, mut left, mut order) = (Lanes::new(1), all.to_vec(), Vec::new());
        while let Some(next) = lanes.next(&left) {
            lanes.leave(next.job);
            left.retain(|one| one.job != next.job);
            order.push(next.job.submission.0.0[0]);
        }
        assert_eq!(order, [1, 4, 5, 2, 3]);
    }

    #[test]
    fn weighings_go_first_and_what_failed_goes_last() {
        let failed = Waiting { attempts: 2, ..waits("a", 1) };
        let weighing = Waiting { job: job(3, JobId::WEIGH), ..waits("a", 3) };
        let mut lanes = Lanes::new(9);
        assert_eq!(turns(&mut lanes, &[failed, waits("a", 2), weighing]), [3, 2, 1]);
    }
}
