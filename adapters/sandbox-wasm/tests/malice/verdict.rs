//! How an attack ended, and whether that is what was stated.

use crate::attacks::{Act, Ends};
use agon_port::sandbox::{Ended, Error, Phase, Sandbox, Unloadable};

pub enum Verdict {
    /// In a phase without an agent, what fails is the challenge.
    Ran {
        ended: Ended,
        agentless: bool,
    },
    Loaded(Result<(), Unloadable>),
}

pub async fn of(act: Act, sandbox: &dyn Sandbox) -> Verdict {
    match act {
        Act::Run(plan) => {
            let agentless = matches!(plan.phase, Phase::Weigh(_) | Phase::Serve(_));
            Verdict::Ran { ended: plan.run(sandbox).await.0, agentless }
        }
        Act::Load(role, bytes, grants) => Verdict::Loaded(sandbox.inspect(role, bytes, &grants).await),
    }
}

/// What a refusal begins with when it is no refusal, but a machine that could not find out.
const UNKNOWN: &str = "this machine could not find out";

impl Verdict {
    pub fn words(&self) -> String {
        let words = match self {
            Self::Ran { ended, .. } => match &ended.result {
                Ok(Ok(_)) => format!(
                    "well, {:?}",
                    ended
                        .calls
                        .iter()
                        .map(|calls| (&calls.name, calls.verdict, calls.count))
                        .collect::<Vec<_>>()
                ),
                Ok(Err(failure)) => format!("failed {}: {}", failure.reason.code(), failure.detail),
                Err(error) => error.to_string(),
            },
            Self::Loaded(Ok(())) => "loaded".to_owned(),
            Self::Loaded(Err(error)) => format!("{error:?}"),
        };
        words.chars().take(300).collect()
    }

    pub fn is(&self, ends: Ends) -> bool {
        match self {
            Self::Ran { ended, agentless } => ran(ended, *agentless, ends),
            Self::Loaded(loaded) => is_loaded(loaded, ends),
        }
    }
}

fn ran(ended: &Ended, agentless: bool, ends: Ends) -> bool {
    match (ends, &ended.result) {
        (Ends::Failed(reason), Ok(Err(failure))) => failure.reason == reason,
        (Ends::Challenge(words), Err(Error::Challenge(said))) => said.contains(words),
        (Ends::Challenge(words), Ok(Err(failure))) => agentless && failure.detail.contains(words),
        (Ends::WallTime, Err(Error::WallTime(_))) | (Ends::Well, Ok(Ok(_))) => true,
        (Ends::Told(name, verdict), Ok(Ok(_))) => {
            ended.calls.iter().any(|calls| calls.name == name && calls.verdict == verdict)
        }
        _ => false,
    }
}

fn is_loaded(loaded: &Result<(), Unloadable>, ends: Ends) -> bool {
    match (ends, loaded) {
        (Ends::Loaded, Ok(()))
        | (Ends::NotAComponent, Err(Unloadable::NotAComponent))
        | (Ends::ForbiddenImport, Err(Unloadable::ForbiddenImport(_)))
        | (Ends::MissingExport, Err(Unloadable::MissingExport(_)))
        | (Ends::TooCostly, Err(Unloadable::TooCostly(_))) => true,
        (Ends::Invalid(words), Err(Unloadable::Invalid(said))) => {
            said.contains(words) && !said.starts_with(UNKNOWN)
        }
        _ => false,
    }
}
