//! What `agon up` competes with: the example challenges and agents, as built components inside this program.

/// A challenge with its rules and its code.
#[derive(Debug)]
pub struct Challenge {
    pub id: &'static str,
    pub manifest: &'static str,
    pub code: &'static [u8],
}

/// An agent for one of them.
#[derive(Debug)]
pub struct Agent {
    pub name: &'static str,
    pub challenge: &'static str,
    pub code: &'static [u8],
}

macro_rules! challenge {
    ($id:literal) => {
        Challenge {
            id: $id,
            manifest: include_str!(concat!("../../../challenges/", $id, "/manifest.toml")),
            code: include_bytes!(concat!("../../../challenges/", $id, "/dist/", $id, ".wasm")),
        }
    };
}

macro_rules! agent {
    ($challenge:literal, $name:literal) => {
        Agent {
            name: concat!($challenge, "-", $name),
            challenge: $challenge,
            code: include_bytes!(concat!(
                "../../../agents/",
                $challenge,
                "-",
                $name,
                "/dist/",
                $challenge,
                "-",
                $name,
                ".wasm"
            )),
        }
    };
}

pub const CHALLENGES: &[Challenge] = &[challenge!("compress"), challenge!("route"), challenge!("duel")];

/// Strong ones, mediocre ones, and those that fail in their own ways.
pub const AGENTS: &[Agent] = &[
    agent!("compress", "mix"),
    agent!("compress", "lz"),
    agent!("compress", "rle"),
    agent!("compress", "panic"),
    agent!("compress", "loop"),
    agent!("compress", "hoarder"),
    agent!("compress", "liar"),
    agent!("route", "two-opt"),
    agent!("route", "greedy"),
    agent!("route", "panic"),
    agent!("route", "loop"),
    agent!("route", "hoarder"),
    agent!("route", "liar"),
    agent!("duel", "search"),
    agent!("duel", "greedy"),
    agent!("duel", "random"),
    agent!("duel", "cheat"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::{Digest, Manifest};

    #[test]
    fn every_manifest_is_valid_and_names_its_code() {
        for challenge in CHALLENGES {
            let manifest: Manifest = toml::from_str(challenge.manifest).unwrap();
            assert_eq!(manifest.check(), Ok(()), "{}", challenge.id);
            assert_eq!(manifest.id.as_str(), challenge.id);
            assert_eq!(manifest.code, Digest::of(challenge.code), "{}", challenge.id);
        }
        assert!(
            AGENTS.iter().all(|agent| CHALLENGES.iter().any(|challenge| challenge.id == agent.challenge))
        );
    }
}
