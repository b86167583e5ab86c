//! `agon completions` and `agon man`: the command line for shells and for `man`, made from the commands themselves.

use crate::cli::Cli;
use crate::output::Output;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;
use std::io;

pub fn completions(shell: Shell, output: Output) {
    let script = script(shell);
    output.result(&json!({ "shell": shell.to_string(), "script": script }), || script.clone());
}

pub fn man(output: Output) {
    let page = page();
    output.result(&json!({ "page": page }), || page.clone());
}

fn script(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "agon", &mut bytes);
    text(bytes)
}

/// One page with all commands, in roff.
fn page() -> String {
    let whole = Man::new(Cli::command().disable_help_subcommand(true));
    let mut page = rendered(|bytes| {
        whole.render_title(bytes)?;
        whole.render_name_section(bytes)?;
        whole.render_synopsis_section(bytes)?;
        whole.render_options_section(bytes)
    });
    page.push_str(".SH COMMANDS\n");
    for command in commands(&Cli::command(), "agon") {
        let name = command.get_bin_name().unwrap_or_default().to_owned();
        let one = Man::new(command);
        let sections = rendered(|bytes| {
            one.render_synopsis_section(bytes)?;
            bytes.extend_from_slice(b".PP\n");
            one.render_description_section(bytes)?;
            one.render_options_section(bytes)
        });
        page.push_str(&format!(".SS \"{name}\"\n"));
        // The parts of one command are too short for headings of their own; the title has the definitions.
        let needless = |line: &str| [".SH ", ".ie ", ".el "].iter().any(|head| line.starts_with(head));
        let parts = sections.lines().filter(|line| !needless(line));
        parts.for_each(|line| page.extend([line, "\n"]));
    }
    page
}

/// Every command that does something, under its whole name.
fn commands(command: &Command, name: &str) -> Vec<Command> {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let verbs: Vec<Command> =
        verbs.flat_map(|verb| commands(verb, &format!("{name} {}", verb.get_name()))).collect();
    if verbs.is_empty() { vec![command.clone().bin_name(name).disable_help_flag(true)] } else { verbs }
}

fn rendered(render: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).expect("memory can be written");
    text(bytes)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("our commands are described in UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    /// Every command, groups too.
    fn all(command: &Command) -> Vec<Command> {
        let below = command.get_subcommands().flat_map(all);
        command.get_subcommands().cloned().chain(below).collect()
    }

    #[test]
    fn the_manual_has_every_command_and_says_what_each_of_its_arguments_is() {
        let page = page();
        let names: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix(".SS \"")?.strip_suffix('"')).collect();
        for command in all(&Cli::command()) {
            let name = command.get_name();
            assert!(names.iter().any(|whole| whole.split(' ').any(|word| word == name)), "{name}: {names:?}");
            let flags = command.get_arguments().filter(|flag| !flag.is_hide_set());
            for flag in flags.filter_map(|flag| flag.get_long()) {
                assert!(page.contains(&format!("\\-\\-{}", flag.replace('-', "\\-"))), "{name} has --{flag}");
            }
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                assert!(argument.get_help().is_some(), "{name} says what its {} is", argument.get_id());
            }
        }
        for name in ["agon up", "agon key new", "agon chain register", "agon seal show", "agon man"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        assert!(!page.contains("stop\\-with\\-stdin"), "what is hidden stays so");
    }

    #[test]
    fn the_completions_of_every_shell_have_every_command() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            let words: Vec<&str> = script.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
            for command in all(&Cli::command()) {
                assert!(words.contains(&command.get_name()), "{shell}: {}", command.get_name());
            }
        }
        let fish = script(Shell::Fish);
        for command in all(&Cli::command()) {
            let offer = format!("-a \"{}\"", command.get_name());
            assert!(fish.contains(&offer), "fish offers {}", command.get_name());
        }
    }
}
