//! `agon audit`: what foreign code asked of its host on this machine, and whether that log is as it was written.

use crate::cli::{AuditCommand, Global};
use crate::output::{Failure, Output};
use agon_embedded::audit::{Entry, Head, Summary, Witness, each, verify};
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
            let text = format!("{shown}: {}", whole(&summary));
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

/// A whole log in one line.
fn whole(summary: &Summary) -> String {
    let Summary { files, lines, notes, keeper, cage, unended, unannounced, head, unfinished, .. } = summary;
    let mut text = format!("{lines} lines in {files} files are as they were written; ");
    text += &format!("{} calls seen by keepers, {} of them denied; ", keeper.calls, keeper.denied);
    text += &format!("{} told by cages, {} of them denied; ", cage.calls, cage.denied);
    if !unended.is_empty() {
        let first: Vec<String> = unended.iter().take(10).map(u64::to_string).collect();
        let (count, first) = (unended.len(), first.join(", "));
        text += &format!("{count} runs began and have not ended (from line {first} on); ");
    }
    if *unannounced > 0 {
        text += &format!("{unannounced} runs ended whose beginning could not be written; ");
    }
    let rest = if *unfinished { "; the last line is not finished" } else { "" };
    text + &format!("{notes} notes{rest}; end {head}")
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

/// What happened with a run in one line: which, how it ended, and what it asked for, by whose word.
fn text(entry: &Entry) -> String {
    let Entry { seq, time_ms, challenge, job, phase, begun, ended, .. } = entry;
    let run = format!("{seq} {time_ms} {challenge} {job} {phase}");
    let Some(ended) = ended else { return format!("{run} begins") };
    let begun = begun.map_or_else(String::new, |begun| format!(" (began in line {begun})"));
    let (keeper, cage) = (calls(entry, Witness::Keeper), calls(entry, Witness::Cage));
    format!("{run} {ended}{begun}: keeper:{keeper}; cage:{cage}")
}

fn calls(entry: &Entry, by: Witness) -> String {
    let calls = entry.calls.iter().filter(|calls| calls.by == by).map(|calls| {
        let verdict = match calls.verdict {
            Verdict::Granted => "",
            Verdict::Denied => " denied",
            Verdict::Failed => " failed",
            Verdict::Exceeded => " exceeded",
        };
        format!(" {} x{}{verdict}", calls.name, calls.count)
    });
    calls.collect::<Vec<String>>().join(",")
}
