//! The submissions of the challenge, for its routes.

use super::refused::Refused;
use super::{Caller, Worked, reply};
use crate::inside::abi;
use crate::inside::desk::{Desk, Kind, astray};
use crate::inside::guest::Guest;
use crate::inside::tally::Function;
use crate::limits::SUBMISSIONS_AT_ONCE_MAX;
use agon_port::sandbox::{Answer, Entry, Question};
use agon_types::SubmissionId;
use wasmtime::component::{Linker, WasmStr};

impl Desk {
    fn submissions(&self, after: Option<String>, limit: u32) -> Worked<Vec<abi::Entry>> {
        self.granted(self.grants.submissions, "capabilities.submissions")?;
        self.only(&[Kind::Serve], "submissions.read")?;
        let after = after.map(|after| after.parse::<SubmissionId>()).transpose();
        let after = after.map_err(|error| Refused::Failed(error.to_string()))?;
        let limit = limit.min(SUBMISSIONS_AT_ONCE_MAX);
        let answer = self.ask(Question::Submissions { after, limit })?;
        let Answer::Submissions(entries) = answer else { return Err(astray()) };
        let entries: Vec<abi::Entry> = entries.into_iter().map(abi::Entry::from).collect();
        let size = |entry: &abi::Entry| {
            entry.submission.len() + entry.hotkey.len() + entry.label.len() + entry.status.len()
        };
        let bytes = entries.iter().map(size).sum();
        Ok((entries, bytes))
    }
}

impl From<Entry> for abi::Entry {
    fn from(entry: Entry) -> Self {
        Self {
            submission: entry.submission.to_string(),
            hotkey: entry.hotkey.to_string(),
            label: entry.label,
            status: entry.status,
            score: entry.score,
        }
    }
}

pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    let read = |mut caller: Caller, (after, limit): (Option<WasmStr>, u32)| {
        let after = after.map(|after| Ok::<_, wasmtime::Error>(after.to_str(&caller)?.into_owned()));
        let after = after.transpose()?;
        let bytes = after.as_ref().map_or(0, String::len);
        reply(&mut caller, Function::SubmissionsRead, bytes, |desk| desk.submissions(after, limit))
    };
    linker.instance(abi::SUBMISSIONS)?.func_wrap("read", read)
}
