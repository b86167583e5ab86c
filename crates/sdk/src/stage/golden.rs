//! Golden scores: what agents scored once in the cage, and have to score ever after.

use toml::{Table, Value};

/// One run that is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// The agents by seat; the first one is judged.
    pub agents: Vec<String>,
    pub benchmark: String,
    pub seed: [u8; 32],
    pub expected: Expected,
    /// Of the agents and the challenge, in the cage; none where there is no score.
    pub fuel: Option<u64>,
}

/// What a run ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// With nine decimals, as [`crate::Score`] shows itself.
    Score(String),
    /// The code of a reason, as [`crate::Reason::code`] gives it.
    Failure(String),
}

/// The runs of a `golden.toml`, which `agon challenge test --accept` writes.
///
/// # Panics
/// If the text is not such a file.
pub fn golden(text: &str) -> Vec<Golden> {
    let file: Table = text.parse().expect("the golden scores are TOML");
    let runs = file.get("golden").and_then(Value::as_array).into_iter().flatten();
    runs.map(|run| read(run).unwrap_or_else(|| panic!("this is no golden score: {run}"))).collect()
}

fn read(run: &Value) -> Option<Golden> {
    let text = |key: &str| Some(run.get(key)?.as_str()?.to_owned());
    let agents = run.get("agents")?.as_array()?.iter().map(|agent| Some(agent.as_str()?.to_owned()));
    let expected = match text("score") {
        Some(score) => Expected::Score(score),
        None => Expected::Failure(text("failure")?),
    };
    let fuel = run.get("fuel").and_then(Value::as_integer);
    Some(Golden {
        agents: agents.collect::<Option<_>>()?,
        benchmark: text("benchmark")?,
        seed: seed(&text("seed")?)?,
        expected,
        fuel: fuel.and_then(|fuel| u64::try_from(fuel).ok()),
    })
}

/// 64 hexadecimal digits.
fn seed(text: &str) -> Option<[u8; 32]> {
    let mut seed = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in seed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(seed)
}
