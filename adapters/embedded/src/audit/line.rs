//! One line of the log, and how it holds on to the one before it.
//!
//! A line is a JSON object whose last field is `hash`: the SHA-256 of the same line without that field. `prev` is
//! the hash of the line before, and zeros in the first. The bytes are what is hashed, so no edit is too small.

use crate::limits::{AUDIT_LINE_BYTES_MAX, AUDIT_TEXT_BYTES_MAX};
use agon_port::audit::Line;
use agon_port::sandbox::{Calls, Verdict};
use agon_types::{Digest, TimeMs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The phase of lines in which the log speaks of itself.
const OWN_PHASE: &str = "audit";

/// A run and the calls that it made, as the log has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub seq: u64,
    pub time_ms: TimeMs,
    pub challenge: String,
    pub job: String,
    pub phase: String,
    pub ended: String,
    pub calls: Vec<Called>,
    /// So many entries of `calls` did not fit, and stand summed up at their end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub summed: u64,
    pub prev: Digest,
}

/// Calls of one name and one verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    pub name: String,
    #[serde(with = "VerdictText")]
    pub verdict: Verdict,
    pub count: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Verdict", rename_all = "snake_case")]
enum VerdictText {
    Granted,
    Denied,
    Failed,
    Exceeded,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Where a log ends: the number of its last line, and its hash. Whoever keeps one elsewhere can tell later whether
/// the log still contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    pub seq: u64,
    pub hash: Digest,
}

impl Head {
    /// That of a log without lines.
    pub(super) const START: Self = Self { seq: 0, hash: Digest([0; 32]) };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected the number of a line, a colon and the line's hash".to_owned();
        let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
        Ok(Self { seq: seq.parse().map_err(|_| wrong())?, hash: hash.parse().map_err(|_| wrong())? })
    }
}

/// What is to be written, before it has its place.
pub(super) struct Draft {
    line: Line,
    time_ms: TimeMs,
}

impl Draft {
    pub(super) fn new(line: Line, time_ms: TimeMs) -> Self {
        Self { line, time_ms }
    }

    /// What the log has to say of itself.
    pub(super) fn note(text: String, time_ms: TimeMs) -> Self {
        let line = Line {
            challenge: String::new(),
            job: String::new(),
            phase: OWN_PHASE,
            calls: Vec::new(),
            ended: text,
        };
        Self { line, time_ms }
    }

    /// The bytes of the line that follows another, with their end, and where the log then ends.
    pub(super) fn after(&self, last: Head) -> (Vec<u8>, Head) {
        let mut kept = self.line.calls.len();
        loop {
            let entry = self.entry(last, kept);
            let (bytes, hash) = entry.sealed();
            if bytes.len() <= AUDIT_LINE_BYTES_MAX || kept == 0 {
                return (bytes, Head { seq: entry.seq, hash });
            }
            kept /= 2;
        }
    }

    fn entry(&self, last: Head, kept: usize) -> Entry {
        let (single, rest) = self.line.calls.split_at(kept);
        Entry {
            seq: last.seq.saturating_add(1),
            time_ms: self.time_ms,
            challenge: cut(&self.line.challenge),
            job: cut(&self.line.job),
            phase: cut(self.line.phase),
            ended: cut(&self.line.ended),
            calls: single.iter().map(called).chain(sums(rest)).collect(),
            summed: rest.len() as u64,
            prev: last.hash,
        }
    }
}

fn called(calls: &Calls) -> Called {
    let Calls { name, verdict, count, bytes_in, bytes_out } = calls;
    Called { name: cut(name), verdict: *verdict, count: *count, bytes_in: *bytes_in, bytes_out: *bytes_out }
}

/// One entry for each name and verdict. The host has few functions, so there are few names; if there were many, those
/// beyond the first hundred would share one.
fn sums(calls: &[Calls]) -> impl Iterator<Item = Called> {
    const NAMES_MAX: usize = 100;
    let mut sums: BTreeMap<(String, Verdict), Called> = BTreeMap::new();
    for calls in calls {
        let one = called(calls);
        let key = (one.name.clone(), one.verdict);
        let known = sums.contains_key(&key) || sums.len() < NAMES_MAX;
        let key = if known { key } else { ("others".to_owned(), one.verdict) };
        let sum = sums.entry(key.clone()).or_insert_with(|| Called {
            name: key.0,
            count: 0,
            bytes_in: 0,
            bytes_out: 0,
            ..one.clone()
        });
        sum.count = sum.count.saturating_add(one.count);
        sum.bytes_in = sum.bytes_in.saturating_add(one.bytes_in);
        sum.bytes_out = sum.bytes_out.saturating_add(one.bytes_out);
    }
    sums.into_values()
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(AUDIT_TEXT_BYTES_MAX)].to_owned()
}

const HASH_FIELD: &[u8] = b",\"hash\":\"";
const HASH_END: &[u8] = b"\"}";
const HASH_DIGITS: usize = 64;

impl Entry {
    /// Whether the log speaks of itself here.
    pub fn is_note(&self) -> bool {
        self.phase == OWN_PHASE
    }

    fn sealed(&self) -> (Vec<u8>, Digest) {
        let mut bytes = serde_json::to_vec(self).expect("a line has only text and numbers");
        let hash = Digest::of(&bytes);
        bytes.pop();
        bytes.extend_from_slice(HASH_FIELD);
        bytes.extend_from_slice(hash.to_string().as_bytes());
        bytes.extend_from_slice(HASH_END);
        bytes.push(b'\n');
        (bytes, hash)
    }

    /// Reads a line without its end, and checks its hash: the line, and where a log ends that ends with it.
    pub(super) fn read(line: &[u8]) -> Result<(Self, Head), &'static str> {
        let tail = HASH_FIELD.len() + HASH_DIGITS + HASH_END.len();
        let (body, tail) = line.split_at_checked(line.len().wrapping_sub(tail)).ok_or("it is too short")?;
        let digits = tail.strip_prefix(HASH_FIELD).and_then(|tail| tail.strip_suffix(HASH_END));
        let digits = digits.ok_or("it does not end with its hash")?;
        let body = [body, b"}"].concat();
        let hash = Digest::of(&body);
        if digits != hash.to_string().as_bytes() {
            return Err("its hash is that of another line: it was changed");
        }
        let entry: Self = serde_json::from_slice(&body).map_err(|_| "it is no line of an audit log")?;
        let head = Head { seq: entry.seq, hash };
        Ok((entry, head))
    }
}
