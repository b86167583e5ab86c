//! What a cage may ask in one run. The engine inside checks the same and more; this holds even where an engine fails.

use crate::limits::EXCHANGES_MAX;
use crate::room::Order;
use agon_port::sandbox::{Phase, Question};
use agon_types::limits::KEPT_MAX;
use agon_types::manifest::Capabilities;

/// What is granted, and what is left of it.
pub struct Rights {
    grants: Capabilities,
    phase: &'static str,
    exchanges_left: usize,
    pieces_left: usize,
    kept_bytes_left: u64,
}

impl Rights {
    pub fn of(order: &Order) -> Self {
        let score = matches!(order.phase, Phase::Score { .. });
        Self {
            phase: order.phase.name(),
            exchanges_left: EXCHANGES_MAX,
            pieces_left: if score { KEPT_MAX } else { 0 },
            kept_bytes_left: order.grants.kept_bytes_max,
            grants: order.grants.clone(),
        }
    }

    /// Whether a run of this phase, with these grants, may ask this now.
    pub fn admit(&mut self, question: &Question) -> bool {
        let of = |phases: &[&str]| phases.contains(&self.phase);
        match question {
            Question::StateGet(_) | Question::StateList { .. } => {
                self.grants.state_bytes_max > 0 && of(&["score", "weigh", "serve"])
            }
            Question::Posts { .. } => self.grants.posts_per_epoch > 0 && of(&["weigh"]),
            Question::Submissions { .. } => self.grants.submissions && of(&["serve"]),
            Question::ArtifactRead { digest, .. } => {
                self.grants.artifacts.contains(digest) && of(&["observe", "score"])
            }
            Question::Fetch(_) => {
                let granted = !self.grants.hosts.is_empty() && of(&["observe"]);
                granted && take(&mut self.exchanges_left, 1)
            }
            Question::ArtifactKeep(bytes) => {
                let left = self.kept_bytes_left.checked_sub(bytes.len() as u64);
                self.kept_bytes_left = left.unwrap_or(0);
                left.is_some() && take(&mut self.pieces_left, 1)
            }
        }
    }
}

fn take(left: &mut usize, count: usize) -> bool {
    let rest = left.checked_sub(count);
    *left = rest.unwrap_or(0);
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_port::sandbox::{Exchange, Request, Task, Weighing};
    use agon_types::manifest::{Benchmark, Limits};
    use agon_types::{Digest, Epoch};

    fn phases() -> [Phase; 5] {
        let benchmark =
            Benchmark { name: "b".to_owned(), config: Default::default(), score_min: Default::default() };
        let task = Task { benchmark, seed: [0; 32], epoch: Epoch(1) };
        let text = String::new;
        [
            Phase::Describe,
            Phase::Observe(task.clone()),
            Phase::Score { task, recording: Vec::new() },
            Phase::Weigh(Weighing { epoch: Epoch(1), seed: [0; 32], rows: Vec::new(), state_bytes: 0 }),
            Phase::Serve(Request { route: text(), path: text(), parameters: Vec::new(), query: Vec::new() }),
        ]
    }

    fn rights(phase: Phase, grants: Capabilities) -> Rights {
        let limits = Limits {
            challenge_fuel: 1,
            challenge_memory_bytes: 1,
            agent_fuel: 1,
            agent_memory_bytes: 1,
            agent_output_bytes: 1,
            agent_calls: 1,
            agent_instances: 1,
            wall_time_ms: 1,
        };
        Rights::of(&Order { grants, limits, phase })
    }

    fn fetch() -> Question {
        let text = String::new;
        Question::Fetch(Exchange { method: text(), url: text(), headers: Vec::new(), body: Vec::new() })
    }

    #[test]
    fn a_question_is_for_its_phases_and_for_those_who_are_granted_it() {
        let read = |digest| Question::ArtifactRead { digest, offset: 0, length: 1 };
        let granted = Digest([0; 32]);
        let cases = [
            ("state", Question::StateGet("k".to_owned()), "..swr"),
            ("keys", Question::StateList { prefix: String::new(), after: None, limit: 1 }, "..swr"),
            ("posts", Question::Posts { after: 0, limit: 1 }, "...w."),
            ("submissions", Question::Submissions { after: None, limit: 1 }, "....r"),
            ("a granted artifact", read(granted), ".os.."),
            ("another artifact", read(Digest([1; 32])), "....."),
            ("the web", fetch(), ".o..."),
            ("bytes for the vault", Question::ArtifactKeep(vec![1]), "..s.."),
        ];
        for (desc, question, expected) in cases {
            for (phase, mark) in phases().into_iter().zip(expected.chars()) {
                let name = phase.name();
                let mut all = rights(phase.clone(), Capabilities::all());
                assert_eq!(all.admit(&question), mark != '.', "{desc} in {name}");
                assert!(!rights(phase, Capabilities::default()).admit(&question), "{desc} without a grant");
            }
        }
    }

    #[test]
    fn exchanges_pieces_and_bytes_are_counted() {
        let [_, observe, score, ..] = phases();
        let mut web = rights(observe, Capabilities::all());
        assert_eq!((0..100).filter(|_| web.admit(&fetch())).count(), EXCHANGES_MAX);
        let mut pieces = rights(score.clone(), Capabilities::all());
        assert_eq!((0..100).filter(|_| pieces.admit(&Question::ArtifactKeep(vec![1]))).count(), KEPT_MAX);
        let mut bytes = rights(score, Capabilities { kept_bytes_max: 10, ..Capabilities::all() });
        assert!(bytes.admit(&Question::ArtifactKeep(vec![0; 6])));
        assert!(!bytes.admit(&Question::ArtifactKeep(vec![0; 5])), "more than is left");
        assert!(!bytes.admit(&Question::ArtifactKeep(vec![0; 1])), "and then nothing any more");
    }
}
