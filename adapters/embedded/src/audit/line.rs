//! One line of the log, and how it holds on to the one before it.
//!
//! A line is a JSON object whose last field is `hash`: the SHA-256 of the same line without that field. `prev` is
//! the hash of the line before, and zeros in the first. The bytes are what is hashed, so no edit is too small.

use crate::limits::{AUDIT_LINE_BYTES_MAX, AUDIT_TEXT_BYTES_MAX};
use agon_port::audit::{Event, Line};
use agon_port::sandbox::{Calls, Verdict};
use agon_types::{Digest, TimeMs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The phase of lines in which the log speaks of itself.
const OWN_PHASE: &str = "audit";

/// A line, as the log has it: a run that begins, a run that ended with the calls that it made, or a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub seq: u64,
    pub time_ms: TimeMs,
    pub challenge: String,
    pub job: String,
    pub phase: String,
    /// The line in which the run began that ends here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<u64>,
    /// How the run ended, or what the log has to say of itself; none where a run begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    pub calls: Vec<Called>,
    /// So many entries of `calls` did not fit, and stand summed up at their end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub summed: u64,
    pub prev: Digest,
}

/// Whose word a line has for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The keeper of the cage saw it go out.
    Keeper,
    /// The cage says so itself, of what stayed inside too.
    Cage,
}

/// Calls of one name and one verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    pub by: Witness,
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
    challenge: String,
    job: String,
    phase: &'static str,
    begun: Option<u64>,
    ended: Option<String>,
    /// The keeper's first.
    calls: Vec<Called>,
    time_ms: TimeMs,
}

impl Draft {
    pub(super) fn new(line: Line, time_ms: TimeMs) -> Self {
        let Line { challenge, job, phase, event } = line;
        let (begun, ended, calls) = match event {
            Event::Begun => (None, None, Vec::new()),
            Event::Ended { begun, how, seen, told } => {
                let seen = seen.into_iter().map(|calls| called(Witness::Keeper, calls));
                let told = told.into_iter().map(|calls| called(Witness::Cage, calls));
                (begun, Some(cut(&how)), seen.chain(told).collect())
            }
        };
        Self { challenge: cut(&challenge), job: cut(&job), phase, begun, ended, calls, time_ms }
    }

    /// What the log has to say of itself.
    pub(super) fn note(text: String, time_ms: TimeMs) -> Self {
        Self {
            challenge: String::new(),
            job: String::new(),
            phase: OWN_PHASE,
            begun: None,
            ended: Some(cut(&text)),
            calls: Vec::new(),
            time_ms,
        }
    }

    /// The bytes of the line that follows another, with their end, and where the log then ends.
    pub(super) fn after(&self, last: Head) -> (Vec<u8>, Head) {
        let mut kept = self.calls.len();
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
        let (single, rest) = self.calls.split_at(kept);
        Entry {
            seq: last.seq.saturating_add(1),
            time_ms: self.time_ms,
            challenge: self.challenge.clone(),
            job: self.job.clone(),
            phase: self.phase.to_owned(),
            begun: self.begun,
            ended: self.ended.clone(),
            calls: single.iter().cloned().chain(sums(rest)).collect(),
            summed: rest.len() as u64,
            prev: last.hash,
        }
    }
}

fn called(by: Witness, calls: Calls) -> Called {
    let Calls { name, verdict, count, bytes_in, bytes_out } = calls;
    Called { by, name: cut(&name), verdict, count, bytes_in, bytes_out }
}

/// One entry for each witness, name and verdict. The host has few functions, so there are few names; if there were many, those
/// beyond the first hundred would share one.
fn sums(calls: &[Called]) -> impl Iterator<Item = Called> {
    const NAMES_MAX: usize = 100;
    let mut sums: BTreeMap<(Witness, String, Verdict), Called> = BTreeMap::new();
    for one in calls {
        let key = (one.by, one.name.clone(), one.verdict);
        let known = sums.contains_key(&key) || sums.len() < NAMES_MAX;
        let key = if known { key } else { (one.by, "others".to_owned(), one.verdict) };
        let sum = sums.entry(key.clone()).or_insert_with(|| Called {
            name: key.1,
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

    /// Whether a run begins here.
    pub fn is_opening(&self) -> bool {
        self.ended.is_none()
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
