//! The contest: one signed list of every rule of a challenge. `docs/spec.md` says what each field does.

mod capabilities;

pub use capabilities::{Capabilities, Route};

use crate::id::EngineProfile;
use crate::{ChallengeId, Digest, Epoch, Hotkey, Score, limits};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Every rule of a challenge.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub id: ChallengeId,
    /// Counts up by one with each update.
    pub version: u32,
    pub title: String,
    #[serde(default)]
    pub summary: String,
    pub kind: ChallengeKind,
    /// The digest of the challenge's code.
    pub code: Digest,
    /// The engine, its settings and its ABI; a validator with another one abstains.
    pub engine: EngineProfile,
    /// What miners may submit.
    pub agents: BTreeSet<AgentKind>,
    pub artifact_bytes_max: u64,
    pub limits: Limits,
    /// What the challenge may reach; nothing by default.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// Other submissions of the same epoch that sit at the table of each job, fixed by the seed.
    #[serde(default)]
    pub opponents: u8,
    /// What `serve` answers to the public.
    #[serde(default)]
    pub routes: Vec<Route>,
    pub benchmarks: Vec<Benchmark>,
    #[serde(default)]
    pub assignment: Assignment,
    #[serde(default)]
    pub agreement: Agreement,
    /// How many of the board's best run again under each new seed, beside champion and candidate.
    pub rerun_top: u16,
    /// Share of the network's emission, in billionths.
    pub emission_share: Score,
    pub weight_rule: WeightRule,
    #[serde(default)]
    pub decay: Option<Decay>,
    /// How much better a challenger must be, in billionths of the champion's score.
    #[serde(default)]
    pub win_margin: Score,
    #[serde(default)]
    pub approval: Approval,
    /// Submissions of one hotkey in one epoch.
    pub quota_per_epoch: u16,
    /// Whether only the best submission of a coldkey earns.
    #[serde(default = "yes")]
    pub one_place_per_coldkey: bool,
    /// The challenge opens at this epoch at the earliest.
    #[serde(default)]
    pub not_before_epoch: Epoch,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ChallengeKind {
    /// A WASM component that runs in every validator.
    Component = 0,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum AgentKind {
    /// A WASM component.
    Component = 0,
}

/// What one job may use.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub challenge_fuel: u64,
    pub challenge_memory_bytes: u64,
    /// Fuel of one instance of the agent, over all its calls.
    pub agent_fuel: u64,
    pub agent_memory_bytes: u64,
    /// One answer of the agent.
    pub agent_output_bytes: u64,
    /// Calls into the agent in one benchmark, over all its instances.
    pub agent_calls: u32,
    /// Instances of agents in one benchmark, over all seats. More are the challenge's fault.
    pub agent_instances: u32,
    /// After this the job is a local fault, never the agent's; fuel runs out before. (S3.11)
    pub wall_time_ms: u64,
}

/// One environment with its configuration.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    pub name: String,
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// A submission below this in any benchmark cannot become champion nor earn.
    #[serde(default)]
    pub score_min: Score,
}

/// Who evaluates a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Assignment {
    /// Every validator, each with its power.
    #[default]
    All,
    /// So many equal seats, drawn by power with replacement.
    Seats(u16),
}

/// When reports agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Agreement {
    /// The same outcome to the last bit.
    #[default]
    Exact,
    /// The median by weight; who is further from it than the bound is counted as an outlier.
    Median { outlier_bound: Score },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightRule {
    /// The champion earns all of it.
    Champion,
    /// Every eligible row of the board earns by its score.
    Proportional,
    /// The challenge's own `weigh` turns the agreed scores into points.
    Weigh,
}

/// How an unbeaten leader's pay sinks: unchanged for a while, then halved again and again; the rest is burned.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decay {
    pub grace_epochs: u32,
    pub half_life_epochs: u32,
}

/// Who makes a candidate champion.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Approval {
    /// Nobody: the best eligible submission is champion at once.
    #[default]
    Automatic,
    /// The owner, or one of these hotkeys.
    Manual { approvers: Vec<Hotkey> },
}

/// The first rule that a manifest breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    pub field: &'static str,
    pub problem: String,
}

impl Manifest {
    /// Checks every bound that does not depend on the ledger.
    pub fn check(&self) -> Result<(), Invalid> {
        let rule = |field, holds: bool, problem: &str| match holds {
            true => Ok(()),
            false => Err(Invalid { field, problem: problem.to_owned() }),
        };
        rule("version", self.version > 0, "the first version is 1")?;
        rule("title", (1..=limits::TITLE_BYTES_MAX).contains(&self.title.len()), "use 1 to 64 bytes")?;
        rule("summary", self.summary.len() <= limits::SUMMARY_BYTES_MAX, "use at most 512 bytes")?;
        rule("agents", !self.agents.is_empty(), "name at least one kind of agent")?;
        let artifact = 1..=limits::ARTIFACT_BYTES_MAX;
        rule("artifact_bytes_max", artifact.contains(&self.artifact_bytes_max), "use 1 byte to 64 MiB")?;
        rule("rerun_top", self.rerun_top <= limits::RERUN_TOP_MAX, "use at most 256")?;
        rule("quota_per_epoch", (1..=limits::QUOTA_MAX).contains(&self.quota_per_epoch), "use 1 to 64")?;
        if let Assignment::Seats(seats) = self.assignment {
            rule("assignment.seats", (1..=limits::SEATS_MAX).contains(&seats), "use 1 to 64 seats")?;
        }
        if let Some(decay) = &self.decay {
            rule("decay.half_life_epochs", decay.half_life_epochs > 0, "use at least 1 epoch")?;
        }
        if let Approval::Manual { approvers } = &self.approval {
            rule("approval.approvers", approvers.len() <= limits::APPROVERS_MAX, "name at most 8 hotkeys")?;
        }
        self.limits.check()?;
        self.check_reach()?;
        self.check_benchmarks()
    }

    /// What each validator saw for itself can only agree by median.
    fn check_reach(&self) -> Result<(), Invalid> {
        self.capabilities.check()?;
        Route::check(&self.routes)?;
        if !self.capabilities.hosts.is_empty() && self.agreement == Agreement::Exact {
            let problem = "use median: with hosts, every validator has a recording of its own".to_owned();
            return Err(Invalid { field: "agreement", problem });
        }
        match self.opponents <= limits::OPPONENTS_MAX {
            true => Ok(()),
            false => Err(Invalid { field: "opponents", problem: "use at most 8".to_owned() }),
        }
    }

    fn check_benchmarks(&self) -> Result<(), Invalid> {
        let invalid = |problem: String| Err(Invalid { field: "benchmarks", problem });
        if self.benchmarks.is_empty() || self.benchmarks.len() > limits::BENCHMARKS_MAX {
            return invalid("name 1 to 16 benchmarks".to_owned());
        }
        let mut names = BTreeSet::new();
        for benchmark in &self.benchmarks {
            let text = |text: &String| text.len() <= limits::CONFIG_TEXT_BYTES_MAX;
            if benchmark.name.is_empty() || benchmark.name.len() > limits::NAME_BYTES_MAX {
                return invalid(format!("the name {:?} has not 1 to 32 bytes", benchmark.name));
            }
            if !names.insert(&benchmark.name) {
                return invalid(format!("{:?} is there twice", benchmark.name));
            }
            let entries = benchmark.config.len();
            if entries > limits::CONFIG_ENTRIES_MAX
                || !benchmark.config.iter().all(|(k, v)| text(k) && text(v))
            {
                return invalid(format!("the configuration of {:?} is too large", benchmark.name));
            }
        }
        Ok(())
    }
}

impl Limits {
    fn check(&self) -> Result<(), Invalid> {
        let within = |field, value: u64, max: u64| match (1..=max).contains(&value) {
            true => Ok(()),
            false => Err(Invalid { field, problem: format!("use 1 to {max}, not {value}") }),
        };
        within("limits.challenge_fuel", self.challenge_fuel, limits::FUEL_MAX)?;
        within("limits.agent_fuel", self.agent_fuel, limits::FUEL_MAX)?;
        within("limits.challenge_memory_bytes", self.challenge_memory_bytes, limits::MEMORY_BYTES_MAX)?;
        within("limits.agent_memory_bytes", self.agent_memory_bytes, limits::MEMORY_BYTES_MAX)?;
        within("limits.agent_output_bytes", self.agent_output_bytes, limits::MEMORY_BYTES_MAX)?;
        within("limits.agent_calls", u64::from(self.agent_calls), u64::from(limits::CALLS_MAX))?;
        within("limits.agent_instances", u64::from(self.agent_instances), u64::from(limits::INSTANCES_MAX))?;
        within("limits.wall_time_ms", self.wall_time_ms, limits::WALL_TIME_MS_MAX)?;
        self.check_time()
    }

    /// Whatever the guests do, they are out of fuel before the time is over. (S3.11)
    fn check_time(&self) -> Result<(), Invalid> {
        let pages = |bytes: u64| bytes / limits::PAGE_BYTES * limits::PAGE_FUEL;
        // Each factor is within its own bound, so neither product nor sum comes near the end of 64 bits.
        let challenge = self.challenge_fuel + pages(self.challenge_memory_bytes);
        let agent = self.agent_fuel + pages(self.agent_memory_bytes);
        let all = challenge + u64::from(self.agent_instances) * agent;
        let needed_ms = all.div_ceil(limits::FUEL_PER_MS_MIN);
        if needed_ms <= self.wall_time_ms {
            return Ok(());
        }
        let problem = format!(
            "use at least {needed_ms}, or lower agent_instances or agent_fuel: the challenge with {challenge} fuel and \
             {} agents with {agent} each, memory included, may take a slow machine that long",
            self.agent_instances
        );
        Err(Invalid { field: "limits.wall_time_ms", problem })
    }
}
