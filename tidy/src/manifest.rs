//! A Cargo manifest, as far as rules look into it: tables, keys, values, each on one line.

/// One `key = value`, with the table in which it stands.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    line: usize,
    table: &'a str,
    key: &'a str,
    value: &'a str,
}

/// A crate that a manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency<'a> {
    pub line: usize,
    pub name: &'a str,
    /// Only tests, examples and benchmarks use it.
    pub dev: bool,
}

#[derive(Debug)]
pub struct Manifest<'a> {
    pub path: &'a str,
    entries: Vec<Entry<'a>>,
}

impl<'a> Manifest<'a> {
    pub fn read(path: &'a str, text: &'a str) -> Self {
        let mut table = "";
        let mut entries = Vec::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.starts_with('[') {
                table = line.trim_matches(['[', ']']);
                // `[dependencies.name]` names a crate without a key.
                entries.push(Entry { line: index + 1, table, key: "", value: "" });
            } else if let Some((key, value)) = line.split_once('=')
                && !line.starts_with('#')
            {
                entries.push(Entry { line: index + 1, table, key: key.trim(), value: value.trim() });
            }
        }
        Self { path, entries }
    }

    /// The folder of the crate.
    pub fn folder(&self) -> &'a str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether the crate is one of the workspace, not a guest or a fuzz target.
    pub fn is_member(&self) -> bool {
        let folder = self.folder();
        folder == "tidy" || ["bin/", "crates/", "adapters/"].iter().any(|group| folder.starts_with(group))
    }

    /// What stands behind a key, with its quotes.
    pub fn value(&self, table: &str, key: &str) -> Option<&'a str> {
        self.entries.iter().find(|entry| entry.table == table && entry.key == key).map(|entry| entry.value)
    }

    /// Every crate that this one names, for itself, for its build or for its tests.
    pub fn dependencies(&self) -> Vec<Dependency<'a>> {
        self.entries.iter().filter_map(dependency).collect()
    }
}

fn dependency<'a>(entry: &Entry<'a>) -> Option<Dependency<'a>> {
    let (before, after) = entry.table.split_once("dependencies")?;
    let dev = before.ends_with("dev-");
    let in_crates = before.is_empty() || before.ends_with('.') || dev || before.ends_with("build-");
    let key = if entry.key.is_empty() { after.strip_prefix('.')? } else { entry.key };
    let renamed = entry.value.split_once("package = \"").and_then(|(_, rest)| rest.split('"').next());
    let whole_table = !after.is_empty() && !entry.key.is_empty();
    let name = renamed.unwrap_or_else(|| key.split('.').next().unwrap_or(key));
    (in_crates && !whole_table).then_some(Dependency { line: entry.line, name, dev })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[package]
name = "agon-hub"
version.workspace = true

[dependencies]
# a comment = with an equals sign
agon-types.workspace = true
hex = "0.4"
old = { package = "renamed", version = "1" }

[target.'cfg(unix)'.dependencies]
rustix = "1"

[dev-dependencies.tempfile]
version = "3"

[build-dependencies]
cc = "1"
"#;

    #[test]
    fn dependencies_are_found_in_every_way_of_writing_them() {
        let manifest = Manifest::read("crates/hub/Cargo.toml", TEXT);
        let found: Vec<_> = manifest.dependencies().iter().map(|d| (d.line, d.name, d.dev)).collect();
        let expected = [
            (8, "agon-types", false),
            (9, "hex", false),
            (10, "renamed", false),
            (13, "rustix", false),
            (15, "tempfile", true),
            (19, "cc", false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_value_is_found_in_its_own_table_only() {
        let manifest = Manifest::read("crates/hub/Cargo.toml", TEXT);
        assert_eq!(manifest.value("package", "name"), Some("\"agon-hub\""));
        assert_eq!(manifest.value("package", "version.workspace"), Some("true"));
        assert_eq!(manifest.value("dependencies", "name"), None);
        assert_eq!((manifest.folder(), manifest.is_member()), ("crates/hub", true));
    }
}
