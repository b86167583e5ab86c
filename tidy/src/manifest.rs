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
    /// What the workspace's table calls by other names: the name here, and the crate.
    renamed: Vec<(&'a str, &'a str)>,
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
        Self { path, entries, renamed: Vec::new() }
    }

    /// The same, with the names that the table of its workspace gives to crates.
    pub fn within(self, workspace: &Manifest<'a>) -> Self {
        let table = "workspace.dependencies";
        let in_line =
            |entry: &Entry<'a>| Some((entry.key, package(entry.value)?)).filter(|_| entry.table == table);
        let whole = |entry: &Entry<'a>| {
            let name = entry.table.strip_prefix(table)?.strip_prefix('.')?;
            (entry.key == "package").then(|| (name, entry.value.trim_matches('"')))
        };
        let renamed = workspace.entries.iter().filter_map(|entry| in_line(entry).or_else(|| whole(entry)));
        Self { renamed: renamed.collect(), ..self }
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
        self.entries.iter().filter_map(|entry| self.dependency(entry)).collect()
    }

    fn dependency(&self, entry: &Entry<'a>) -> Option<Dependency<'a>> {
        let (before, after) = entry.table.split_once("dependencies")?;
        let dev = before.ends_with("dev-");
        let of_target = before.ends_with('.') && before != "workspace.";
        let in_crates = before.is_empty() || of_target || dev || before.ends_with("build-");
        let key = if entry.key.is_empty() { after.strip_prefix('.')? } else { entry.key };
        let in_whole_table = !after.is_empty() && !entry.key.is_empty();
        if !in_crates || in_whole_table {
            return None;
        }
        let here = match entry.key {
            "" => self.value(entry.table, "package").map(|value| value.trim_matches('"')),
            _ => package(entry.value),
        };
        let key = key.split('.').next().unwrap_or(key);
        let there = || self.renamed.iter().find(|(name, _)| *name == key).map(|(_, package)| *package);
        Some(Dependency { line: entry.line, name: here.or_else(there).unwrap_or(key), dev })
    }
}

/// The crate that a dependency in one line is, where it goes by another name.
fn package(value: &str) -> Option<&str> {
    value.split_once("package = \"").and_then(|(_, rest)| rest.split('"').next())
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

[dependencies.nd]
package = "agon-node"
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
            (21, "agon-node", false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_name_that_the_workspace_gives_is_seen_through() {
        let workspace = "[workspace.dependencies]\nwt = { package = \"redb\", version = \"1\" }\n\
            [workspace.dependencies.nd]\npackage = \"agon-node\"\n";
        let workspace = Manifest::read("Cargo.toml", workspace);
        assert_eq!(workspace.dependencies(), [], "a table names crates, and uses none");
        let text = "[dependencies]\nwt.workspace = true\nnd = { workspace = true }\nhex.workspace = true\n";
        let manifest = Manifest::read("crates/hub/Cargo.toml", text).within(&workspace);
        let names: Vec<_> = manifest.dependencies().iter().map(|dependency| dependency.name).collect();
        assert_eq!(names, ["redb", "agon-node", "hex"]);
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
