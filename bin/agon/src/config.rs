//! `agon.toml`: one node, its files and its roles. Unknown fields are refused.

use crate::output::Failure;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

#[cfg(test)]
mod document;
mod suggestion;

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where this node keeps its files.
    pub data_dir: PathBuf,
    /// The first document of the network.
    pub genesis: PathBuf,
    /// Where compiled code is kept, which the nodes of one machine may share; `wasm-cache` in `data_dir` if left out.
    pub wasm_cache: Option<PathBuf>,
    /// The chain that this node reads, and writes weights to.
    pub chain: ChainConfig,
    /// How blocks are decided.
    pub order: OrderConfig,
    /// Serve the API and the pages.
    pub hub: Option<HubConfig>,
    /// Evaluate and set weights.
    pub validator: Option<ValidatorConfig>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainConfig {
    /// Where the development chain answers.
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrderConfig {
    /// This node decides alone.
    Solo {
        /// The session key that signs its decisions.
        key: PathBuf,
        /// The least time between two blocks while actions wait.
        busy_ms: u64,
        /// The time between two blocks while nothing waits.
        idle_ms: u64,
    },
    /// This node follows those who decide.
    Follow {
        /// The hubs from which it takes blocks and artifacts, and to which it sends actions.
        leaders: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address that clients use; the one it listens on if it is left out.
    pub public_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorConfig {
    /// The file of the hotkey.
    pub hotkey: PathBuf,
    /// The file of the session key.
    pub session: PathBuf,
}

impl Config {
    /// Reads a config; its paths become relative to the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::Refused(format!(
                "there is no config at {}: copy agon.example.toml and change it, and name yours with --config",
                path.display()
            )),
            _ => Failure::refused(format!("cannot read {}: {error}", path.display())),
        })?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let problem = suggestion::told(&error);
            Failure::refused(format!("{} is not a config: {problem}", path.display()))
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        let mut paths = vec![&mut config.data_dir, &mut config.genesis];
        paths.extend(&mut config.wasm_cache);
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
        wasm_cache: Some("wasm-cache".into()),
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

    /// The last line of what reading a config says; people and programs look there.
    fn refusal(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agon.toml");
        std::fs::write(&path, text).unwrap();
        let Err(Failure::Refused(problem)) = Config::read(&path) else { panic!("it was taken: {text}") };
        problem.lines().next_back().unwrap().to_owned()
    }

    #[test]
    fn what_a_config_does_not_know_is_refused_with_a_suggestion() {
        let text = toml::to_string(&example()).unwrap();
        let solo = "mode = \"solo\"\nkey = \"voter\"\nbusy_ms = 1\nidle_ms = 1\n";
        let solo = text.replace("mode = \"follow\"\nleaders = [\"http://127.0.0.1:7700\"]\n", solo);
        let cases = [
            (&text, "listen =", "lisen =", "unknown field `lisen`, did you mean `listen`?"),
            (&text, "data_dir", "data-dir", "unknown field `data-dir`, did you mean `data_dir`?"),
            (&text, "[validator]", "[validators]", "unknown field `validators`, did you mean `validator`?"),
            (&text, "leaders", "leader", "unknown field `leader`, did you mean `leaders`?"),
            (&text, "\"follow\"", "\"folow\"", "unknown variant `folow`, did you mean `follow`?"),
            (&solo, "busy_ms", "bussy_ms", "unknown field `bussy_ms`, did you mean `busy_ms`?"),
            (&text, "url =", "adress =", "unknown field `adress`, expected `url`"),
        ];
        for (text, from, to, expected) in cases {
            let changed = text.replacen(from, to, 1);
            assert_ne!(&changed, text, "{from} is there");
            assert_eq!(refusal(&changed), expected, "{to}");
        }
    }

    #[test]
    fn a_name_like_no_other_is_refused_with_all_that_there_are() {
        let text = format!("colour = 1\n{}", toml::to_string(&example()).unwrap());
        let expected = "unknown field `colour`, expected one of `data_dir`, `genesis`, `wasm_cache`, `chain`, `order`, `hub`, `validator`";
        assert_eq!(refusal(&text), expected);
    }
}
