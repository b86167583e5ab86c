//! `agon audit`: what foreign code asked of its host on this machine, and whether that log is as it was written.

use crate::cli::{AuditCommand, Global};
use crate::output::{Failure, Output};
use agon_embedded::audit::{Entry, Head, each, verify};
use agon_port::sandbox::Verdict;
use serde_json::json;
use std::path::{Path, PathBuf};

pub fn run(global: &Global, command: AuditCommand, output: Output) -> Result<(), Failure> {
    let logs = logs(&global.data_dir);
    if logs.is_empty() {
        let folder = global.data_dir.display();
        let problem = format!("there is no audit log in {folder}: name the folder with --data-dir");
        return Err(Failure::Refused(problem));
    }
    match command {
        AuditCommand::Verify { noted } => {
            if noted.is_some() && logs.len() > 1 {
                let problem = "--noted is the end of one log: name its node's folder with --data-dir";
                return Err(Failure::Usage(problem.to_owned()));
            }
            logs.iter().try_for_each(|log| check(log, noted, output))
        }
        AuditCommand::Show { challenge, denied } => {
            let shown = |entry: &Entry| {
                challenge.as_ref().is_none_or(|id| entry.challenge == *id) && (!denied || has_denied(entry))
            };
            logs.iter().try_for_each(|log| show(log, shown, output))
        }
    }
}

/// The log of a node, or those of all nodes of `agon up`.
fn logs(folder: &Path) -> Vec<PathBuf> {
    let nodes = std::fs::read_dir(folder.join("nodes")).into_iter().flatten().flatten();
    let folders = std::iter::once(folder.to_owned()).chain(nodes.map(|entry| entry.path()));
    let mut logs: Vec<_> = folders.map(|folder| folder.join("audit")).filter(|log| log.is_dir()).collect();
    logs.sort();
    logs
}

fn check(log: &Path, noted: Option<Head>, output: Output) -> Result<(), Failure> {
    let shown = log.display();
    match verify(log, noted) {
        Ok(summary) => {
            let text = format!(
                "{shown}: {} lines in {} files are as they were written; {} calls, {} of them denied; {} notes{}; \
                 end {}",
                summary.lines,
                summary.files,
                summary.calls,
                summary.denied,
                summary.notes,
                if summary.unfinished { "; the last line is not finished" } else { "" },
                summary.head,
            );
            output.line(&json!({ "log": log, "whole": true, "summary": summary }), &text);
            Ok(())
        }
        Err(broken) => {
            let text = format!("{shown}: broken");
            output.line(&json!({ "log": log, "whole": false, "broken": broken }), &text);
            Err(Failure::Refused(format!(
                "{}: the log is not as it was written from there on; compare it with a copy",
                log.join(broken.to_string()).display()
            )))
        }
    }
}

fn show(log: &Path, shown: impl Fn(&Entry) -> bool, output: Output) -> Result<(), Failure> {
    let print = |entry: &Entry| {
        if shown(entry) {
            output.line(entry, &text(entry));
        }
    };
    each(log, print).map_err(|broken| Failure::Refused(log.join(broken.to_string()).display().to_string()))
}

fn has_denied(entry: &Entry) -> bool {
    entry.calls.iter().any(|calls| calls.verdict == Verdict::Denied)
}

/// A run in one line: which, how it ended, and what it asked for.
fn text(entry: &Entry) -> String {
    let Entry { seq, time_ms, challenge, job, phase, ended, .. } = entry;
    let calls = entry.calls.iter().map(|calls| {
        let verdict = match calls.verdict {
            Verdict::Granted => "",
            Verdict::Denied => " denied",
            Verdict::Failed => " failed",
            Verdict::Exceeded => " exceeded",
        };
        format!(" {} x{}{verdict}", calls.name, calls.count)
    });
    let calls: Vec<String> = calls.collect();
    format!("{seq} {time_ms} {challenge} {job} {phase} {ended}:{}", calls.join(","))
}
