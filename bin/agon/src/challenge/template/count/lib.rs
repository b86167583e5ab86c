//! Counts from zero, whatever it is told.

use agon_sdk::Agent;

#[derive(Default)]
pub struct Count {
    next: u64,
}

impl Agent for Count {
    fn call(&mut self, _method: &str, _input: &[u8]) -> Result<Vec<u8>, String> {
        self.next += 1;
        Ok((self.next - 1).to_string().into_bytes())
    }
}

agon_sdk::agent!(Count);
