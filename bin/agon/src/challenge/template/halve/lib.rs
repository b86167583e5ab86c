//! Guesses the middle of what is left, and halves it with every answer.

use agon_sdk::Agent;

/// What is left: from the first up to, but not including, the second.
#[derive(Default)]
pub struct Halve {
    begin: u64,
    end: u64,
}

impl Agent for Halve {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let hint = std::str::from_utf8(input).map_err(|error| error.to_string())?;
        let middle = (self.begin + self.end) / 2;
        match hint.strip_prefix("below ") {
            Some(end) => self.end = end.parse().map_err(|_| format!("{hint:?} has no number"))?,
            None if hint == "higher" => self.begin = middle + 1,
            None => self.end = middle,
        }
        Ok(((self.begin + self.end) / 2).to_string().into_bytes())
    }
}

agon_sdk::agent!(Halve);
