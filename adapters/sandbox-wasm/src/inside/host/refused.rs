//! Why a call to the host was not done.

use crate::inside::abi;
use crate::inside::fault::Fault;
use agon_port::sandbox::Verdict;

/// The first three are the guest's to hear; the last ends the run.
#[derive(Debug)]
pub enum Refused {
    Denied(String),
    Failed(String),
    Exceeded(String),
    Stop(Fault),
}

impl Refused {
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Denied(_) => Verdict::Denied,
            Self::Failed(_) | Self::Stop(Fault::Host(_)) => Verdict::Failed,
            Self::Exceeded(_) => Verdict::Exceeded,
            Self::Stop(Fault::Guest(_) | Fault::Misuse(_)) => Verdict::Denied,
        }
    }

    /// What the guest hears, if it goes on.
    pub fn into_refusal(self) -> wasmtime::Result<abi::Refusal> {
        match self {
            Self::Denied(words) => Ok(abi::Refusal::Denied(words)),
            Self::Failed(words) => Ok(abi::Refusal::Failed(words)),
            Self::Exceeded(words) => Ok(abi::Refusal::Exceeded(words)),
            Self::Stop(fault) => Err(wasmtime::Error::new(fault)),
        }
    }
}

/// Refuses what is above a bound.
pub fn bounded(size: usize, max: usize, what: &str) -> Result<(), Refused> {
    match size <= max {
        true => Ok(()),
        false => Err(Refused::Exceeded(format!("{what} has {size} bytes of {max} allowed"))),
    }
}
