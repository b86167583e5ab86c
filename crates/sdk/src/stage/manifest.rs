//! What a test needs of `manifest.toml`.

use std::collections::BTreeMap;
use toml::{Table, Value};

/// The configuration of a benchmark, and the paths of all routes.
pub(super) fn read(text: &str, benchmark: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let manifest: Table = text.parse().expect("the manifest is TOML");
    let benchmarks = tables(&manifest, "benchmarks");
    let named = |table: &&Table| table.get("name").and_then(Value::as_str) == Some(benchmark);
    let found = benchmarks.iter().copied().find(named);
    let found = found.unwrap_or_else(|| panic!("the manifest has no benchmark {benchmark:?}"));
    let config = found.get("config").and_then(Value::as_table).into_iter().flatten();
    let entry =
        |(key, value): (&String, &Value)| (key.clone(), value.as_str().unwrap_or_default().to_owned());
    let routes = tables(&manifest, "routes").into_iter();
    let path = |route: &Table| route.get("path").and_then(Value::as_str).map(str::to_owned);
    (config.map(entry).collect(), routes.filter_map(path).collect())
}

/// What the keys and values of the state may take, if there is a state.
pub(super) fn state_bytes_max(text: &str) -> Option<u64> {
    let manifest: Table = text.parse().expect("the manifest is TOML");
    let bytes = manifest.get("capabilities")?.get("state_bytes_max")?.as_integer()?;
    u64::try_from(bytes).ok()
}

fn tables<'a>(manifest: &'a Table, name: &str) -> Vec<&'a Table> {
    manifest.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table).collect()
}

/// The route that takes a path, with the values of its parameters.
pub(super) fn route(routes: &[String], path: &str) -> Option<(String, Vec<(String, String)>)> {
    routes.iter().find_map(|route| Some((route.clone(), parameters(route, path)?)))
}

fn parameters(route: &str, path: &str) -> Option<Vec<(String, String)>> {
    if route.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut found = Vec::new();
    for (ours, theirs) in route.split('/').zip(path.split('/')) {
        match ours.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !theirs.is_empty() => found.push((name.to_owned(), theirs.to_owned())),
            None if ours == theirs => {}
            _ => return None,
        }
    }
    Some(found)
}
