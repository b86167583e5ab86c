//! Who finds hidden numbers with the fewest guesses?
//!
//! The challenge hides `numbers` numbers below `end`. For each a fresh instance of the agent is asked to `guess`: first
//! it reads `below 1000`, later `higher` or `lower`, and it answers a number in decimal digits.

use agon_sdk::{Challenge, Description, Failure, Fault, Instance, Outcome, Score, Task, log};

pub struct Rules;

impl Challenge for Rules {
    fn describe() -> Description {
        Description::new("@title@", "Who finds hidden numbers with the fewest guesses?")
    }

    fn score(task: &Task, _observed: &[u8]) -> Result<Outcome, Fault> {
        let (numbers, end) = (task.number("numbers")?, task.number("end")?);
        let mut guesses = 0;
        for round in 0..numbers {
            let hidden = task.dice(&format!("number {round}")).below(end);
            guesses += find(&mut task.agent(0), hidden, end)?;
        }
        Ok(Outcome::new(Score::ratio(numbers, guesses)).metric("guesses", guesses))
    }
}

/// How many guesses the agent needs; as many as there are numbers, if it does not find it.
fn find(agent: &mut Instance, hidden: u64, end: u64) -> Result<u64, Failure> {
    let mut hint = format!("below {end}");
    for count in 1..=end.min(100) {
        let output = agent.call("guess", hint.as_bytes())?.output;
        let guess = std::str::from_utf8(&output).ok().and_then(|text| text.parse::<u64>().ok());
        let guess = guess.ok_or_else(|| Failure::wrong_output("a guess is a number in decimal digits"))?;
        if guess == hidden {
            log::write(&format!("{hidden} found with {count} guesses"));
            return Ok(count);
        }
        hint = if guess < hidden { "higher".to_owned() } else { "lower".to_owned() };
    }
    Ok(end)
}

agon_sdk::challenge!(Rules);
