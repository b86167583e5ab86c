//! What a challenge may reach beside the agents that it judges. Nothing, unless its manifest says so.

use super::Invalid;
use crate::{Digest, limits};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is granted. The default grants nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Hosts that `observe` may ask, over HTTPS: exact names, or `*.name` for everything below one.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Bytes of keys and values that the challenge keeps from epoch to epoch; zero is no state.
    #[serde(default)]
    pub state_bytes_max: u64,
    /// Messages that one hotkey may post to it in one epoch; zero is no inbox.
    #[serde(default)]
    pub posts_per_epoch: u16,
    /// Artifacts of the vault that it may read: data sets and the like.
    #[serde(default)]
    pub artifacts: BTreeSet<Digest>,
    /// Bytes that one run may leave in the vault, named in its report; zero is none.
    #[serde(default)]
    pub kept_bytes_max: u64,
    /// Whether its routes see the submissions of the challenge with their scores.
    #[serde(default)]
    pub submissions: bool,
}

/// A public route of the challenge, answered by its `serve`. It only reads.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Segments after a slash each; `{name}` takes any one segment.
    pub path: String,
    #[serde(default)]
    pub summary: String,
}

impl Capabilities {
    /// Everything that can be granted: for code whose manifest is not there yet.
    pub fn all() -> Self {
        Self {
            hosts: vec!["*.invalid".to_owned()],
            state_bytes_max: limits::STATE_BYTES_MAX,
            posts_per_epoch: limits::POSTS_MAX,
            artifacts: BTreeSet::from([Digest([0; 32])]),
            kept_bytes_max: limits::KEPT_BYTES_MAX,
            submissions: true,
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let rule = |field, holds: bool, problem: &str| match holds {
            true => Ok(()),
            false => Err(Invalid { field, problem: problem.to_owned() }),
        };
        let hosts = self.hosts.len() <= limits::HOSTS_MAX && self.hosts.iter().all(|host| is_host(host));
        rule("capabilities.hosts", hosts, "name at most 16 hosts, such as api.example.org or *.example.org")?;
        let state = self.state_bytes_max <= limits::STATE_BYTES_MAX;
        rule("capabilities.state_bytes_max", state, "use at most 1 MiB")?;
        let posts = self.posts_per_epoch <= limits::POSTS_MAX;
        rule("capabilities.posts_per_epoch", posts, "use at most 64")?;
        let artifacts = self.artifacts.len() <= limits::ARTIFACTS_MAX;
        rule("capabilities.artifacts", artifacts, "name at most 16 artifacts")?;
        let kept = self.kept_bytes_max <= limits::KEPT_BYTES_MAX;
        rule("capabilities.kept_bytes_max", kept, "use at most 16 MiB")
    }
}

/// A name in lower case with at least one dot, that no address can be mistaken for.
fn is_host(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    let label = |label: &str| {
        let inner =
            label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    let top = name.rsplit('.').next().is_some_and(|top| top.bytes().any(|byte| byte.is_ascii_lowercase()));
    host.len() <= limits::HOST_BYTES_MAX && name.contains('.') && name.split('.').all(label) && top
}

impl Route {
    pub(super) fn check(routes: &[Self]) -> Result<(), Invalid> {
        let sound = |route: &Self| route.summary.len() <= limits::SUMMARY_BYTES_MAX && is_path(&route.path);
        match routes.len() <= limits::ROUTES_MAX && routes.iter().all(sound) {
            true => Ok(()),
            false => {
                let problem = "name at most 32 paths such as /top/{count}, of at most 128 bytes".to_owned();
                Err(Invalid { field: "routes", problem })
            }
        }
    }

    /// The parameters of a path that this route takes, in order; `None` if it is another's.
    pub fn parameters<'p>(&self, path: &'p str) -> Option<Vec<(&str, &'p str)>> {
        let (mut ours, mut theirs) = (self.path.split('/'), path.split('/'));
        let mut found = Vec::new();
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return Some(found),
                (Some(ours), Some(theirs)) => match parameter(ours) {
                    Some(name) if !theirs.is_empty() => found.push((name, theirs)),
                    None if ours == theirs => {}
                    _ => return None,
                },
                _ => return None,
            }
        }
    }
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

fn is_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let segment = |segment: &str| {
        let name = parameter(segment).unwrap_or(segment);
        !name.is_empty() && name.bytes().all(plain) && name != "." && name != ".."
    };
    path.len() <= limits::ROUTE_BYTES_MAX
        && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_nothing_else() {
        for good in ["api.example.org", "*.example.org", "a-1.b2.co"] {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            "*",
            "*.",
            "localhost",
            "127.0.0.1",
            "::1",
            "A.org",
            "a..org",
            "-a.org",
            "a.org:80",
            "a.*.org",
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn a_route_takes_its_own_paths_only() {
        let route = Route { path: "/players/{name}/games".to_owned(), summary: String::new() };
        assert_eq!(route.parameters("/players/ann/games"), Some(vec![("name", "ann")]));
        for other in [
            "/players/ann",
            "/players//games",
            "/players/ann/games/1",
            "/players/ann/game",
            "players/ann/games",
        ] {
            assert_eq!(route.parameters(other), None, "{other}");
        }
    }

    #[test]
    fn paths_are_plain() {
        for good in ["/top", "/top/{count}", "/a-b/c_d.json"] {
            assert!(is_path(good), "{good}");
        }
        for bad in ["", "/", "top", "/a/", "/a//b", "/../a", "/a b", "/{}", "/a/{b"] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
