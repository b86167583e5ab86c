//! `agon.toml`: one node, its files and its roles. Unknown fields are refused.

use crate::output::Failure;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where this node keeps its files; relative to this file.
    pub data_dir: PathBuf,
    /// The first document of the network.
    pub genesis: PathBuf,
    pub chain: ChainConfig,
    pub order: OrderConfig,
    /// Serve the API and the pages.
    pub hub: Option<HubConfig>,
    /// Evaluate and set weights.
    pub validator: Option<ValidatorConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainConfig {
    /// The development chain.
    pub url: String,
}

/// How blocks are decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrderConfig {
    /// This node decides alone, with this session key.
    Solo { key: PathBuf, busy_ms: u64, idle_ms: u64 },
    /// This node follows those who decide.
    Follow { leaders: Vec<String> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubConfig {
    pub listen: SocketAddr,
    /// The address that clients use; the one it listens on if it is left out.
    pub public_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorConfig {
    pub hotkey: PathBuf,
    pub session: PathBuf,
}

impl Config {
    /// Reads a config; its paths become relative to the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|error| Failure::refused(format!("{} is not a config: {error}", path.display())))?;
        let base = path.parent().unwrap_or(Path::new("."));
        let mut paths = vec![&mut config.data_dir, &mut config.genesis];
        if let OrderConfig::Solo { key, .. } = &mut config.order {
            paths.push(key);
        }
        if let Some(validator) = &mut config.validator {
            paths.extend([&mut validator.hotkey, &mut validator.session]);
        }
        for path in paths {
            *path = base.join(&*path);
        }
        Ok(config)
    }
}

/// The example that is in the repository.
#[cfg(test)]
fn example() -> Config {
    Config {
        data_dir: "data".into(),
        genesis: "genesis.toml".into(),
        chain: ChainConfig { url: "http://127.0.0.1:7701".to_owned() },
        order: OrderConfig::Follow { leaders: vec!["http://127.0.0.1:7700".to_owned()] },
        hub: Some(HubConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 7800)),
            public_url: Some("https://hub.example".to_owned()),
        }),
        validator: Some(ValidatorConfig {
            hotkey: "keys/default".into(),
            session: "keys/default.session".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_repository_is_the_one_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../agon.example.toml");
        let text = toml::to_string(&example()).unwrap();
        if std::env::var_os("AGON_WRITE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "run this test with AGON_WRITE=1");
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agon.toml");
        let text = format!("colour = 1\n{}", toml::to_string(&example()).unwrap());
        std::fs::write(&path, text).unwrap();
        let Err(Failure::Refused(problem)) = Config::read(&path) else { panic!("it was taken") };
        assert!(problem.contains("colour"), "{problem}");
    }
}
