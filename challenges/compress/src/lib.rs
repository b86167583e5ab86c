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

wit_bindgen::generate!({ world: "challenge", path: "../../adapters/sandbox-wasm/wit" });

mod corpus;
mod tally;

use agon::challenge::agents::Agent;
use agon::challenge::log;
use agon::challenge::rules::Reason;
use dice::Dice;
use tally::Tally;

struct Compress;

impl Guest for Compress {
    fn describe() -> Description {
        Description {
            title: "Compress".to_owned(),
            summary: "Who restores unseen bytes from the fewest?".to_owned(),
        }
    }

    fn score(task: Task) -> Result<Outcome, Failure> {
        let bytes = setting(&task, "corpus_bytes").parse().expect("corpus_bytes is a number");
        let mut tally = Tally::default();
        for kind in setting(&task, "corpora").split(',') {
            let raw = corpus::make(kind, bytes, &mut Dice::new(&task.seed, kind));
            let packed = Agent::new(0).call("compress", &raw)?;
            let restored = Agent::new(0).call("decompress", &packed.output)?;
            compare(kind, &raw, &restored.output)?;
            log::write(&format!("{kind}: {} of {} bytes", packed.output.len(), raw.len()));
            tally.add(kind, raw.len(), packed.output.len(), packed.fuel + restored.fuel);
        }
        Ok(tally.outcome())
    }
}

fn setting<'a>(task: &'a Task, key: &str) -> &'a str {
    let entry = task.config.iter().find(|(name, _)| name == key);
    entry.map(|(_, value)| value.as_str()).expect("the benchmark configures every key")
}

fn compare(kind: &str, raw: &[u8], restored: &[u8]) -> Result<(), Failure> {
    if raw == restored {
        return Ok(());
    }
    let same = raw.iter().zip(restored).take_while(|(a, b)| a == b).count();
    let detail = format!(
        "the corpus {kind:?} of {} bytes came back as {} bytes that differ from byte {same} on",
        raw.len(),
        restored.len()
    );
    Err(Failure { reason: Reason::WrongOutput, detail })
}

export!(Compress);
