//! Text from a person, read as an address: what is an address is shown as the same text.
#![no_main]

use agon_types::{Hotkey, JobId, Score};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(hotkey) = text.parse::<Hotkey>() {
        assert_eq!(hotkey.to_string(), text);
    }
    if let Ok(score) = text.parse::<Score>() {
        assert_eq!(score.to_string().parse(), Ok(score));
    }
    if let Ok(job) = text.parse::<JobId>() {
        assert_eq!(job.to_string().parse(), Ok(job));
    }
});
