//! The host's side of every interface of a challenge, one file each.

pub mod agents;
pub mod artifacts;
pub mod inbox;
pub mod random;
pub mod refused;
pub mod state;
pub mod submissions;
pub mod web;

use super::desk::Desk;
use super::guest::{Guest, charge, charge_call};
use super::tally::Function;
use super::{abi, fault::Fault};
use agon_port::sandbox::Verdict;
use refused::Refused;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

/// A challenge that calls its host.
pub type Caller<'a> = StoreContextMut<'a, Guest<Desk>>;

/// What a granted call gives, and how many bytes that are.
pub type Worked<T> = Result<(T, usize), Refused>;

/// What the guest gets of a call that can be refused.
pub type Replied<T> = wasmtime::Result<(Result<T, abi::Refusal>,)>;

/// Grants every interface; what a manifest or a phase does not grant is refused when it is called.
pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    linker.instance(abi::RULES)?;
    agents::link(linker)?;
    random::link(linker)?;
    state::link(linker)?;
    inbox::link(linker)?;
    submissions::link(linker)?;
    web::link(linker)?;
    artifacts::link(linker)
}

/// Charges a call, does it, and writes it down.
pub fn reply<T>(
    caller: &mut Caller<'_>,
    call: Function,
    bytes_in: usize,
    work: impl FnOnce(&mut Desk) -> Worked<T>,
) -> Replied<T> {
    charge_call(caller, call, bytes_in)?;
    let worked = work(&mut caller.data_mut().data);
    let (verdict, bytes_out) = match &worked {
        Ok((_, bytes)) => (Verdict::Granted, *bytes),
        Err(refused) => (refused.verdict(), 0),
    };
    caller.data().books.count(call, verdict, bytes_in, bytes_out);
    charge(caller, bytes_out as u64)?;
    match worked {
        Ok((value, _)) => Ok((Ok(value),)),
        Err(refused) => Ok((Err(refused.into_refusal()?),)),
    }
}

/// The same for a function whose type has no place for a refusal: the guest ends there.
pub fn reply_or_end<T>(
    caller: &mut Caller<'_>,
    call: Function,
    bytes_in: usize,
    work: impl FnOnce(&mut Desk) -> Worked<T>,
) -> wasmtime::Result<T> {
    let (replied,) = reply(caller, call, bytes_in, work)?;
    replied.map_err(|refusal| {
        let (abi::Refusal::Denied(words) | abi::Refusal::Failed(words) | abi::Refusal::Exceeded(words)) =
            refusal;
        wasmtime::Error::new(Fault::Misuse(words))
    })
}
