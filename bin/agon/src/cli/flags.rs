//! The flags of every command, and what they say together with the config of a node.

use crate::config::{Config, OrderConfig};
use crate::output::Failure;
use clap::Args;
use std::path::PathBuf;

/// The flags of every command.
#[derive(Debug, Args)]
pub struct Flags {
    /// Print one JSON document, or JSON lines for streams, on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing on standard error but errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// The config of a node: its files and its hub are used where no flag names others, and `agon doctor` looks at its
    /// chain [default of `agon node`: agon.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where this machine keeps its files [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The hub to talk to [default: that of `agon up` in the data directory, or http://127.0.0.1:7700]
    #[arg(long, global = true, value_name = "URL")]
    pub hub: Option<String>,
    /// The hotkey to sign with: a name in the data directory's keys, or a file
    #[arg(long, global = true, default_value = "default", value_name = "NAME|FILE")]
    pub key: String,
}

/// What holds for a command once its flags and the config are read; a flag goes before the config.
#[derive(Debug)]
pub struct Global {
    pub data_dir: PathBuf,
    pub hub: Option<String>,
    /// The chain of the config.
    pub chain: Option<String>,
    pub key: String,
}

impl Global {
    pub fn new(flags: Flags) -> Result<Self, Failure> {
        let config = flags.config.as_deref().map(Config::read).transpose()?;
        let hub = flags.hub.or_else(|| config.as_ref().and_then(hub_of));
        let (folder, chain) = config.map(|config| (config.data_dir, config.chain.url)).unzip();
        let data_dir = flags.data_dir.or(folder).unwrap_or_else(|| "data".into());
        Ok(Self { data_dir, hub, chain, key: flags.key })
    }
}

/// The hub that a node serves, or the first of those that it follows.
fn hub_of(config: &Config) -> Option<String> {
    let own = config.hub.as_ref();
    let own = own.map(|hub| hub.public_url.clone().unwrap_or_else(|| format!("http://{}", hub.listen)));
    let followed = match &config.order {
        OrderConfig::Follow { leaders } => leaders.first().cloned(),
        OrderConfig::Solo { .. } => None,
    };
    own.or(followed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser as _;

    const FOLLOWS: &str = "data_dir = \"files\"\ngenesis = \"genesis.toml\"\n[chain]\nurl = \"http://127.0.0.1:1\"\n\
        [order]\nmode = \"follow\"\nleaders = [\"http://127.0.0.1:2\"]\n";

    /// The folder and the hub that a command works with.
    fn works_with(config: &str, flags: &[&str]) -> (PathBuf, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agon.toml");
        std::fs::write(&path, config).unwrap();
        let named: &[&str] = if config.is_empty() { &[] } else { &["--config", path.to_str().unwrap()] };
        let cli = Cli::try_parse_from([&["agon", "doctor"], named, flags].concat()).unwrap();
        let global = Global::new(cli.flags).unwrap();
        let within = global.data_dir.strip_prefix(folder.path()).map(PathBuf::from);
        (within.unwrap_or(global.data_dir), global.hub)
    }

    #[test]
    fn a_flag_goes_before_the_config_and_the_config_before_the_usual() {
        let hub = |port: u32| Some(format!("http://127.0.0.1:{port}"));
        let serves = format!("{FOLLOWS}[hub]\nlisten = \"127.0.0.1:3\"\n");
        let public = format!("{serves}public_url = \"http://127.0.0.1:4\"\n");
        let cases: [(&str, &[&str], &str, Option<String>); 6] = [
            ("", &[], "data", None),
            (FOLLOWS, &[], "files", hub(2)),
            (&serves, &[], "files", hub(3)),
            (&public, &[], "files", hub(4)),
            (&public, &["--hub", "http://127.0.0.1:5"], "files", hub(5)),
            (&public, &["--data-dir", "elsewhere"], "elsewhere", hub(4)),
        ];
        for (config, flags, folder, hub) in cases {
            assert_eq!(works_with(config, flags), (folder.into(), hub), "{config} {flags:?}");
        }
    }
}
