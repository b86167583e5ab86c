//! One evaluation: a benchmark, its configuration, the seed of the epoch, and the agents at the table.

use crate::{Dice, Failure, Misconfigured, host};
use std::ops::Range;
use std::str::FromStr;

/// What is to be judged, and how. Every validator has the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// A benchmark of the manifest, by its name.
    pub benchmark: String,
    /// Its configuration.
    pub config: Vec<(String, String)>,
    /// The same for every submission of the epoch.
    pub seed: [u8; 32],
    pub epoch: u64,
    /// How many agents play; seat 0 is judged. None while observing.
    pub seats: u32,
}

impl Task {
    /// A value of the configuration.
    pub fn text(&self, key: &str) -> Result<&str, Misconfigured> {
        let entry = self.config.iter().find(|(name, _)| name == key);
        entry.map(|(_, value)| value.as_str()).ok_or_else(|| {
            Misconfigured(format!("the benchmark {:?} does not configure {key:?}", self.benchmark))
        })
    }

    /// A value of the configuration that is a number.
    pub fn number(&self, key: &str) -> Result<u64, Misconfigured> {
        self.value(key, "a number")
    }

    /// A value of the configuration that is `true` or `false`.
    pub fn flag(&self, key: &str) -> Result<bool, Misconfigured> {
        self.value(key, "true or false")
    }

    fn value<T: FromStr>(&self, key: &str, what: &str) -> Result<T, Misconfigured> {
        let text = self.text(key)?;
        text.parse().map_err(|_| {
            let problem = format!("{key:?} is {text:?}, and not {what}");
            Misconfigured(format!("in the benchmark {:?}: {problem}", self.benchmark))
        })
    }

    /// Chance over the seed; other labels give other streams.
    pub fn dice(&self, label: &str) -> Dice {
        Dice::new(&self.seed, label)
    }

    /// A fresh instance of the agent in a seat. At most 16 live at once.
    pub fn agent(&self, seat: u32) -> Instance {
        Instance { seat, host: host::Agent::new(seat) }
    }

    /// The seats of the opponents. There are fewer than the manifest wants where there are fewer submissions.
    pub fn opponents(&self) -> Range<u32> {
        1..self.seats.max(1)
    }
}

/// A fresh copy of the agent in a seat. What one call leaves in it, the next one finds.
#[derive(Debug)]
pub struct Instance {
    seat: u32,
    host: host::Agent,
}

/// What an agent answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub output: Vec<u8>,
    /// What the call took. It is the same on every validator, and zero on the stage of native tests.
    pub fuel: u64,
}

impl Instance {
    /// Asks the agent. After a failure every further call gives the same one.
    ///
    /// The failure of an opponent is an answer, not a reason to fail the judged agent: who passes it on with `?` fails
    /// the challenge instead.
    pub fn call(&mut self, method: &str, input: &[u8]) -> Result<Reply, Failure> {
        let seat = self.seat;
        self.host.call(method, input).map_err(|(reason, detail)| Failure { reason, detail, seat })
    }
}
