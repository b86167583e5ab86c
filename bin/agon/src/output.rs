//! What commands print: people read lines, programs read JSON; the exit code says who has to act.

use serde::Serialize;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

/// Why a command ends without success.
#[derive(Debug)]
pub enum Failure {
    /// Refused or failed: the caller can do something about it.
    Refused(String),
    Unreachable(String),
    /// The command itself is wrong.
    Usage(String),
    /// A fault of ours.
    Internal(String),
}

impl Failure {
    /// Says the reason on the last line of standard error, and gives the exit code.
    pub fn report(self) -> ExitCode {
        let (code, text) = match self {
            Self::Refused(text) => (1, text),
            Self::Usage(text) => (2, text),
            Self::Unreachable(text) => (3, text),
            Self::Internal(text) => (4, format!("internal fault: {text}")),
        };
        // As the command line's own errors begin.
        eprintln!("error: {text}");
        ExitCode::from(code)
    }

    pub fn refused(problem: impl Display) -> Self {
        Self::Refused(problem.to_string())
    }

    pub fn internal(problem: impl Display) -> Self {
        Self::Internal(problem.to_string())
    }
}

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
    quiet: bool,
    /// Whether somebody watches.
    watched: bool,
}

impl Output {
    pub fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet, watched: !quiet && std::io::stderr().is_terminal() }
    }

    /// How far a command is, for whoever watches it in a terminal.
    pub fn progress(self, step: &str) {
        if self.watched {
            eprintln!("{step}");
        }
    }

    /// What foreign code says, for its author, whether anybody watches or a file takes it.
    pub fn aside(self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// Something that happened on the way: a line for programs, progress for people.
    pub fn event(self, document: &impl Serialize, text: &str) {
        match self.json {
            true => self.line(document, text),
            false => self.progress(text),
        }
    }

    /// The result of a command: a document for programs, text for people.
    pub fn result(self, document: &impl Serialize, text: impl FnOnce() -> String) {
        let line = match self.json {
            true => serde_json::to_string(document).expect("our documents have string keys"),
            false => text(),
        };
        if writeln!(std::io::stdout(), "{}", line.trim_end()).is_err() {
            // Whoever read us has gone: there is nothing left to say.
            std::process::exit(0);
        }
    }

    /// One line of a stream, for people or for programs.
    pub fn line(self, document: &impl Serialize, text: &str) {
        self.result(document, || text.to_owned());
    }
}

/// Columns that line up.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| {
            let space = " ".repeat(width.saturating_sub(cell.chars().count()));
            format!("{cell}{space}")
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = std::iter::once(line(header.to_vec()));
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    head.chain(body).collect::<Vec<_>>().join("\n")
}

/// Logs go to standard error, as many as `AGON_LOG` says.
pub fn log_to_stderr(quiet: bool, calm: bool) -> Result<(), Failure> {
    let default = match (quiet, calm) {
        (true, _) => LevelFilter::ERROR,
        (false, true) => LevelFilter::WARN,
        (false, false) => LevelFilter::INFO,
    };
    let level = match std::env::var("AGON_LOG") {
        Ok(named) if !named.is_empty() => level(&named)?,
        _ => default,
    };
    let colour = std::env::var_os("NO_COLOR").is_none() && std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(colour).init();
    Ok(())
}

fn level(named: &str) -> Result<LevelFilter, Failure> {
    const LEVELS: [(&str, LevelFilter); 6] = [
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    let known = LEVELS.iter().find(|(name, _)| named.eq_ignore_ascii_case(name));
    known.map(|(_, level)| *level).ok_or_else(|| {
        let names = LEVELS.map(|(name, _)| name).join(", ");
        Failure::Usage(format!("AGON_LOG is `{named}`: expected one of {names}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_there_is_not_is_refused_with_those_that_there_are() {
        assert_eq!(level("Debug").ok(), Some(LevelFilter::DEBUG));
        let expected = "AGON_LOG is `loud`: expected one of off, error, warn, info, debug, trace";
        assert!(matches!(level("loud"), Err(Failure::Usage(problem)) if problem == expected));
    }
}
