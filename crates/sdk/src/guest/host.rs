//! What the host grants, in the words of this crate. `stage::host` has the same functions for tests.

use super::challenge::agon::challenge as wit;
use crate::inbox::Post;
use crate::submissions::Entry;
use crate::{Reason, Refusal, Reply, Score, web};

pub fn log(line: &str) {
    wit::log::write(line);
}

pub fn random(label: &str, count: u32) -> Vec<u8> {
    wit::random::bytes(label, count)
}

#[derive(Debug)]
pub struct Agent(wit::agents::Agent);

impl Agent {
    pub fn new(seat: u32) -> Self {
        Self(wit::agents::Agent::new(seat))
    }

    pub fn call(&mut self, method: &str, input: &[u8]) -> Result<Reply, (Reason, String)> {
        let reply = self.0.call(method, input).map_err(|failure| (failure.reason.into(), failure.detail))?;
        Ok(Reply { output: reply.output, fuel: reply.fuel })
    }
}

pub fn state_get(key: &str) -> Result<Option<Vec<u8>>, Refusal> {
    Ok(wit::state::get(key)?)
}

pub fn state_keys(prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, Refusal> {
    Ok(wit::state::keys(prefix, after, limit)?)
}

pub fn state_set(key: &str, value: &[u8]) -> Result<(), Refusal> {
    Ok(wit::state::set(key, value)?)
}

pub fn state_remove(key: &str) -> Result<(), Refusal> {
    Ok(wit::state::remove(key)?)
}

pub fn inbox_read(after: u32, limit: u32) -> Result<Vec<Post>, Refusal> {
    let posts = wit::inbox::read(after, limit)?.into_iter();
    let post = |wit::inbox::Post { hotkey, sequence, message }| Post { hotkey, sequence, message };
    Ok(posts.map(post).collect())
}

pub fn submissions_read(after: Option<&str>, limit: u32) -> Result<Vec<Entry>, Refusal> {
    let entries = wit::submissions::read(after, limit)?.into_iter();
    let entry = |entry: wit::submissions::Entry| {
        let wit::submissions::Entry { submission, hotkey, label, status, .. } = entry;
        let score = entry.score.map(|(score, epoch)| (Score::billionths(score.into()), epoch));
        Entry { submission, hotkey, label, status, score }
    };
    Ok(entries.map(entry).collect())
}

pub fn fetch(request: web::Request) -> Result<web::Response, Refusal> {
    let web::Request { method, url, headers, body } = request;
    let wit::web::Response { status, headers, body } =
        wit::web::fetch(&wit::web::Request { method, url, headers, body })?;
    Ok(web::Response { status, headers, body })
}

pub fn artifact_read(digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
    Ok(wit::artifacts::read(digest, offset, length)?)
}

pub fn artifact_keep(bytes: &[u8]) -> Result<String, Refusal> {
    Ok(wit::artifacts::keep(bytes)?)
}
