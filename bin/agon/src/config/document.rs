//! `docs/config.md`: every field of `agon.toml`, written from the types beside this file and from their comments.

use super::{Config, OrderConfig, example};
use std::collections::{BTreeMap, BTreeSet};

const SOURCE: &str = include_str!("../config.rs");

const INTRODUCTION: &str = "\
# Config

`agon node --config FILE` runs one node from one file, `agon.toml` if none is named. This document is written from the
code: `AGON_WRITE=1 cargo test -p agon config::` writes it anew, and `agon.example.toml` with it.

A field that is not here is refused, with the name that was probably meant. A relative path counts from the folder of
the file. No flag and no environment variable overrides a field.
";

/// The environment that the program looks at, and what for.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("AGON_LOG", "What is logged: `off`, `error`, `warn`, `info`, `debug` or `trace`."),
    (
        "CARGO_HOME",
        "Where cargo keeps the sources of crates, as cargo understands it; for `agon challenge test`.",
    ),
    ("NO_COLOR", "Logs have no colours, whatever it is set to."),
    (
        "XDG_CACHE_HOME",
        "Where a user's caches are: compiled code for the commands that belong to no node. `~/.cache` if it is not set.",
    ),
];

/// One field as the code declares it.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    kind: String,
    meaning: String,
}

/// The fields of a struct, or of each variant of an enum; a struct has one variant without a name.
type Variants = Vec<(String, String, Vec<Field>)>;

/// Reads the declarations of this config by line, as rustfmt has written them.
fn declarations() -> BTreeMap<String, Variants> {
    let mut found: BTreeMap<String, Variants> = BTreeMap::new();
    let (mut current, mut comment) = (None, Vec::new());
    let declared = SOURCE.split("impl Config").next().unwrap();
    assert!(!declared.contains("serde(default"), "a field with a default needs it in this document");
    for line in declared.lines() {
        let (indent, line) = (line.len() - line.trim_start().len(), line.trim());
        if let Some(said) = line.strip_prefix("/// ") {
            comment.push(said);
            continue;
        }
        let meaning = || comment.join(" ");
        let opened = line.strip_suffix(" {");
        let open =
            opened.and_then(|line| line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum ")));
        if let Some(name) = open {
            let is_struct = line.starts_with("pub struct");
            let variants = if is_struct { vec![(String::new(), meaning(), Vec::new())] } else { Vec::new() };
            found.insert(name.to_owned(), variants);
            current = Some(name.to_owned());
        } else if let Some(variants) = current.as_ref().and_then(|name| found.get_mut(name)) {
            let field = line.trim_end_matches(',').split_once(": ");
            match (opened, field) {
                (Some(variant), _) => variants.push((variant.to_lowercase(), meaning(), Vec::new())),
                (None, Some((name, kind))) => {
                    let name = name.trim_start_matches("pub ").to_owned();
                    let field = Field { name, kind: kind.to_owned(), meaning: meaning() };
                    variants.last_mut().unwrap().2.push(field);
                }
                _ if line == "}" && indent == 0 => current = None,
                _ => {}
            }
        }
        if !line.starts_with("#[") {
            comment.clear();
        }
    }
    found
}

fn without_option(kind: &str) -> (&str, bool) {
    match kind.strip_prefix("Option<").and_then(|kind| kind.strip_suffix('>')) {
        Some(inner) => (inner, true),
        None => (kind, false),
    }
}

fn words(kind: &str) -> &'static str {
    match kind {
        "PathBuf" => "path",
        "String" => "text",
        "Vec<String>" => "list of texts",
        "SocketAddr" => "IP address with a port",
        "u64" => "whole number",
        other => panic!("say what a field of type {other} takes"),
    }
}

/// Both ways to decide blocks, so that every field has an example.
fn examples() -> [toml::Value; 2] {
    let order = OrderConfig::Solo { key: "keys/voter.session".into(), busy_ms: 200, idle_ms: 1_000 };
    [example(), Config { order, ..example() }].map(|config| toml::Value::try_from(config).unwrap())
}

fn example_of(section: &str, field: &str) -> String {
    let of = |config: &toml::Value| {
        let table = if section.is_empty() { Some(config) } else { config.get(section) };
        table.and_then(|table| table.get(field)).map(ToString::to_string)
    };
    let found = examples().iter().find_map(of);
    found.unwrap_or_else(|| panic!("{section}.{field} is in no example"))
}

fn row(section: &str, field: &Field) -> String {
    let (kind, is_optional) = without_option(&field.kind);
    let default = if is_optional { "none" } else { "must be there" };
    let example = example_of(section, &field.name);
    assert!(!field.meaning.is_empty(), "say what {section}.{} means", field.name);
    format!("| `{}` | {} | {default} | {} | `{example}` |\n", field.name, words(kind), field.meaning)
}

const HEAD: &str = "\n| field | type | default | meaning | example |\n|---|---|---|---|---|\n";

fn section(field: &Field, variants: &Variants) -> String {
    let (_, is_optional) = without_option(&field.kind);
    let presence = if is_optional { " Without it the node does not." } else { "" };
    let mut text = format!("\n## `[{}]`\n\n{}{presence}\n", field.name, field.meaning);
    for (variant, meaning, fields) in variants {
        if !variant.is_empty() {
            text.push_str(&format!("\n`mode = \"{variant}\"`: {meaning}\n"));
        }
        text.push_str(HEAD);
        text.extend(fields.iter().map(|one| row(&field.name, one)));
    }
    text
}

fn text() -> String {
    let declared = declarations();
    let (_, _, top) = &declared["Config"][0];
    let of = |field: &Field| declared.get(without_option(&field.kind).0);
    let mut text = format!("{INTRODUCTION}\n## At the top\n{HEAD}");
    text.extend(top.iter().filter(|field| of(field).is_none()).map(|field| row("", field)));
    text.extend(top.iter().filter_map(|field| Some(section(field, of(field)?))));
    text.push_str("\n## Environment\n\n| variable | meaning |\n|---|---|\n");
    text.extend(ENVIRONMENT.map(|(name, meaning)| format!("| `{name}` | {meaning} |\n")));
    text
}

#[test]
fn the_document_of_the_config_is_the_one_of_the_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.md");
    if std::env::var_os("AGON_WRITE").is_some() {
        std::fs::write(file, text()).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    let command = "AGON_WRITE=1 cargo test -p agon config::";
    assert!(committed == text(), "docs/config.md is not current: run `{command}`");
}

#[test]
fn every_field_that_a_config_has_is_declared_and_no_other() {
    let fields = declarations().into_values().flatten().flat_map(|(_, _, fields)| fields);
    let declared: BTreeSet<String> = fields.map(|field| field.name).collect();
    let mut written = BTreeSet::new();
    for config in examples() {
        for (name, value) in config.as_table().unwrap() {
            written.insert(name.clone());
            written.extend(value.as_table().into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    // The mode is what tells the variants apart, and no field of theirs.
    assert!(written.remove("mode"));
    assert_eq!(declared, written);
}

/// Every Rust source of a folder.
fn sources(folder: &std::path::Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => sources(&path),
        false => std::fs::read_to_string(&path).unwrap(),
    };
    entries.map(read).collect()
}

#[test]
fn every_variable_that_the_program_looks_at_is_explained_and_no_other() {
    let sources = sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let looks = [concat!("env::", "var(\""), concat!("env::", "var_os(\"")];
    let named =
        looks.iter().flat_map(|look| sources.split(look).skip(1)).filter_map(|rest| rest.split('"').next());
    // Only tests write documents.
    let named: BTreeSet<&str> = named.filter(|name| *name != "AGON_WRITE").collect();
    assert_eq!(named, ENVIRONMENT.iter().map(|(name, _)| *name).collect());
}
