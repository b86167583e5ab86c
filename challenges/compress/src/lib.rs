//! Who restores unseen bytes from the fewest?
//!
//! From the seed the challenge makes one corpus of each kind that the benchmark names. A fresh instance of the agent
//! gets it by `compress`, another fresh instance gets the answer by `decompress`, and what comes back must be the
//! corpus, byte for byte. The instances are fresh so that nothing but the packed bytes can carry it over.
//!
//! # Score
//! In billionths, over all corpora together and in integers:
//!
//! ```text
//!   saved   = 1 - packed / raw                          nothing, if packed is the larger one
//!   economy = 1 - fuel / (raw * FUEL_PER_BYTE)          nothing, if the agent used more
//!   score   = saved * (9 + economy) / 10
//! ```
//!
//! # Configuration
//! * `corpora`: kinds, separated by commas, of `text`, `records`, `waves`, `noise`
//! * `corpus_bytes`: the size of each

mod corpus;
mod tally;

use agon_sdk::{Challenge, Description, Failure, Fault, Outcome, Task, log};
use tally::Tally;

struct Compress;

impl Challenge for Compress {
    fn describe() -> Description {
        Description::new("Compress", "Who restores unseen bytes from the fewest?")
    }

    fn score(task: &Task, _observed: &[u8]) -> Result<Outcome, Fault> {
        let bytes = task.number("corpus_bytes")? as usize;
        let mut tally = Tally::default();
        for kind in task.text("corpora")?.split(',') {
            let raw = corpus::make(kind, bytes, &mut task.dice(kind));
            let packed = task.agent(0).call("compress", &raw)?;
            let restored = task.agent(0).call("decompress", &packed.output)?;
            compare(kind, &raw, &restored.output)?;
            log::write(&format!("{kind}: {} of {} bytes", packed.output.len(), raw.len()));
            tally.add(kind, raw.len(), packed.output.len(), packed.fuel + restored.fuel);
        }
        Ok(tally.outcome())
    }
}

fn compare(kind: &str, raw: &[u8], restored: &[u8]) -> Result<(), Failure> {
    if raw == restored {
        return Ok(());
    }
    let same = raw.iter().zip(restored).take_while(|(a, b)| a == b).count();
    Err(Failure::wrong_output(format!(
        "the corpus {kind:?} of {} bytes came back as {} bytes that differ from byte {same} on",
        raw.len(),
        restored.len()
    )))
}

agon_sdk::challenge!(Compress);

#[cfg(test)]
mod tests {
    use super::*;
    use agon_sdk::Reason;
    use agon_sdk::stage::Stage;

    fn stage() -> Stage {
        Stage::of_manifest(include_str!("../manifest.toml"), "mixed")
    }

    #[test]
    fn whoever_saves_nothing_scores_nothing() {
        let outcome = stage().seat_fn(|_, input| Ok(input.to_vec())).score::<Compress>().unwrap();
        assert_eq!(outcome.score.to_billionths(), 0);
        assert_eq!(outcome.metrics[0].name, "saved");
    }

    #[test]
    fn what_does_not_come_back_is_wrong() {
        let outcome = stage().seat_fn(|_, input| Ok(input[..1].to_vec())).score::<Compress>();
        assert!(matches!(outcome, Err(Fault::Agent(failure)) if failure.reason == Reason::WrongOutput));
    }
}
