//! A process that takes much of this machine's memory, and touches it again and again.

use std::process::{Child, Command, Stdio};

const BYTES: &str = "AGON_CORPUS_HOLD";
/// What is taken at most.
const BYTES_MAX: usize = 2 << 30;

/// Ends with this value.
pub struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        let ended = self.0.kill().and_then(|()| self.0.wait());
        assert!(ended.is_ok(), "what holds memory cannot be ended: {ended:?}");
    }
}

/// Half of what is free, so that nothing else of this machine is harmed.
fn share() -> usize {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap();
    let free = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let kilobytes: usize = free.trim().trim_end_matches(" kB").parse().unwrap();
    (kilobytes * 1024 / 2).min(BYTES_MAX)
}

pub fn hold() -> Held {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "pressure::held", "--ignored"])
        .env(BYTES, share().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Held(child.unwrap())
}

#[test]
#[ignore = "a process of another test: it holds memory until it is killed"]
fn held() {
    let Ok(bytes) = std::env::var(BYTES) else { return };
    let mut memory = vec![0_u8; bytes.parse().unwrap()];
    // An orphan ends by itself.
    let begun = std::time::Instant::now();
    while begun.elapsed().as_secs() < 300 {
        for page in memory.chunks_mut(4096) {
            page[0] = page[0].wrapping_add(1);
        }
        std::hint::black_box(&memory);
    }
}
