//! Commands in documents: what a reader is told to type is a command that there is.

use crate::scan::{block_end, code, words};
use crate::{Finding, Tree};
use std::collections::BTreeMap;

const RULE: &str = "commands";

/// Where clap's enums of `agon` are.
const CLI: &str = "bin/agon/src/cli.rs";

/// What documents may ask of cargo.
const OF_CARGO: [&str; 10] =
    ["bench", "build", "check", "clippy", "deny", "doc", "fmt", "fuzz", "run", "test"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let commands = Commands::read(tree.files.get(CLI).map_or("", String::as_str));
    tree.markdown().flat_map(|(path, text)| of_file(&commands, path, text)).collect()
}

fn of_file(commands: &Commands, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_fenced = false;
    for (index, line) in text.lines().enumerate() {
        is_fenced ^= line.trim_start().starts_with("```");
        let is_typed = is_fenced || line.starts_with("    ");
        let typed = if is_typed { vec![line.trim().trim_start_matches("$ ")] } else { spans(line) };
        for unknown in typed.into_iter().filter_map(|line| commands.unknown(&words_of(line))) {
            let advice = format!("there is no `{unknown}`: write a command that there is");
            findings.push(Finding::new(path, index + 1, RULE, advice));
        }
    }
    findings
}

/// What stands between backticks.
fn spans(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// The words of a command, without the environment that is set before it.
fn words_of(line: &str) -> Vec<&str> {
    let is_set =
        |word: &&str| word.split_once('=').is_some_and(|(name, _)| name.chars().all(is_of_environment));
    line.split_whitespace().skip_while(is_set).collect()
}

fn is_of_environment(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
}

/// The variants of every enum of the command line, each with the name of the enum within it, if it has one.
struct Commands {
    enums: BTreeMap<String, Vec<(String, Option<String>)>>,
}

impl Commands {
    fn read(cli: &str) -> Self {
        let code = code(cli);
        let mut enums = BTreeMap::new();
        let named = words(&code).zip(words(&code).skip(1)).filter(|((_, word), _)| *word == "enum");
        for (_, (at, name)) in named {
            if let Some(open) = code[at..].find('{').map(|open| at + open) {
                enums.insert(name.to_owned(), variants(&code[open + 1..block_end(&code, open)]));
            }
        }
        Self { enums }
    }

    /// The part of a typed line that names no command, if one does not.
    fn unknown(&self, typed: &[&str]) -> Option<String> {
        match typed {
            ["cargo", toolchain, rest @ ..] if toolchain.starts_with('+') => {
                self.unknown(&[&["cargo"], rest].concat())
            }
            ["cargo", "run", options @ ..] => {
                let own = options.iter().position(|word| *word == "--");
                let is_ours = !options.iter().any(|word| word.starts_with("--example") || *word == "--bin");
                own.filter(|_| is_ours).and_then(|own| self.unknown_of("Command", &options[own + 1..]))
            }
            ["cargo", command, ..] if !OF_CARGO.contains(command) => Some(format!("cargo {command}")),
            ["agon" | "target/debug/agon", words @ ..] => self.unknown_of("Command", words),
            _ => None,
        }
    }

    fn unknown_of(&self, name: &str, words: &[&str]) -> Option<String> {
        let (word, rest) = words.split_first().filter(|(word, _)| word.starts_with(char::is_alphabetic))?;
        match self.enums.get(name)?.iter().find(|(variant, _)| kebab(variant) == **word) {
            Some((_, Some(within))) => {
                self.unknown_of(within, rest).map(|unknown| format!("{word} {unknown}"))
            }
            Some((_, None)) => None,
            None => Some((*word).to_owned()),
        }
    }
}

/// The variants in the body of an enum; what stands in their own brackets is theirs.
fn variants(body: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    let mut depth = 0_usize;
    let mut seen = 0;
    for (at, word) in words(body) {
        for byte in body[seen..at].bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        seen = at;
        match found.last_mut() {
            _ if depth == 0 => found.push((word.to_owned(), None)),
            Some((_, within @ None)) if depth == 1 && word.ends_with("Command") => {
                *within = Some(word.to_owned())
            }
            _ => {}
        }
    }
    found
}

/// `UntilEpoch` is typed as `until-epoch`.
fn kebab(variant: &str) -> String {
    let mut typed = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !typed.is_empty() {
            typed.push('-');
        }
        typed.extend(c.to_lowercase());
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::finds;

    const ENUMS: &str = "pub enum Command {\n    /// Run\n    Up(UpOptions),\n    #[command(subcommand)]\n    \
        Key(KeyCommand),\n    Board { challenge: String },\n    DryRun,\n}\nenum KeyCommand { New { name: String }, List }";

    #[track_caller]
    fn line_finds(line: &str, unknown: Option<&str>) {
        let expected = unknown.map(|unknown| format!("README.md:2: commands: there is no `{unknown}`"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        finds(check, &[(CLI, ENUMS), ("README.md", &format!("```\n{line}\n```"))], &expected);
        finds(check, &[(CLI, ENUMS), ("README.md", &format!("Text:\n    {line}\n"))], &expected);
        let span = line.trim_start_matches("$ ");
        finds(check, &[(CLI, ENUMS), ("README.md", &format!("Text:\nand `{span}`\n"))], &expected);
        finds(check, &[(CLI, ENUMS), ("README.md", &format!("Text:\n{line}\n"))], &[]);
    }

    #[test]
    fn a_command_that_there_is_may_be_typed() {
        line_finds("agon up --fresh", None);
        line_finds("$ agon key new me", None);
        line_finds("agon board route", None);
        line_finds("agon dry-run", None);
        line_finds("agon --version", None);
        line_finds("cargo run -- up --until-epoch 2", None);
        line_finds("cargo run -p x --example y -- in out", None);
        line_finds("cargo test --workspace", None);
        line_finds("AGON_WRITE=1 cargo test", None);
        line_finds("cargo +nightly fuzz run action", None);
    }

    #[test]
    fn a_command_that_is_gone_is_named() {
        line_finds("agon down", Some("down"));
        line_finds("agon key forge me", Some("key forge"));
        line_finds("cargo run --locked -- down", Some("down"));
        line_finds("cargo conquer", Some("cargo conquer"));
        line_finds("A_B=1 agon down", Some("down"));
        line_finds("cargo +nightly conquer", Some("cargo conquer"));
    }
}
