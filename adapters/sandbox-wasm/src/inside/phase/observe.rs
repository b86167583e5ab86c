//! `observe`: the challenge looks at the web, and everything it saw becomes its recording.

use super::{Session, task, within};
use crate::inside::abi;
use crate::inside::desk::Kind;
use crate::inside::fault::{Fault, failure};
use agon_port::sandbox::{Done, Task};
use agon_types::limits::RECORDING_BYTES_MAX;
use agon_types::{FailureReason, codec};

pub type Params<'a> = (abi::Task<'a>,);
pub type Observed = (Result<Vec<u8>, String>,);

pub fn run(mut session: Session<'_>, of: &Task) -> Result<Done, Fault> {
    let (observed,): Observed = session.call(Kind::Observe, (task(of, 0),))?;
    let observed = observed.map_err(|words| {
        let words = failure(FailureReason::GaveUp, &words).detail;
        Fault::Misuse(format!("it could not observe: {words}"))
    })?;
    let recording = session.into_desk().recorder.into_recording(observed);
    let bytes = codec::encode(&recording);
    within(bytes.len(), RECORDING_BYTES_MAX, "recording")?;
    Ok(Done::Observed(bytes))
}
