//! Calls into the agents of a task: only in `score`, and every one counted, bounded and charged.

use super::{Caller, reply_or_end};
use crate::inside::desk::{Desk, Kind};
use crate::inside::fault::Fault;
use crate::inside::guest::{Guest, charge, charge_call};
use crate::inside::host::refused::Refused;
use crate::inside::tally::Function;
use crate::inside::{abi, table::Called};
use agon_port::sandbox::Verdict;
use wasmtime::AsContext;
use wasmtime::component::{Linker, Resource, ResourceType, WasmList, WasmStr};

/// Marks handles to agents.
struct Handle;

pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    let mut agents = linker.instance(abi::AGENTS)?;
    agents.resource("agent", ResourceType::host::<Handle>(), |mut caller: Caller, handle| {
        if let Some(table) = &mut caller.data_mut().data.table {
            table.close(handle);
        }
        Ok(())
    })?;
    agents.func_wrap("[constructor]agent", |mut caller: Caller, (seat,): (u32,)| {
        let handle = reply_or_end(&mut caller, Function::AgentNew, 0, |desk| {
            desk.only(&[Kind::Score], "agents")?;
            let table = desk.table.as_mut().ok_or_else(away).map_err(Refused::Stop)?;
            table.open(seat).map(|handle| (handle, 0)).map_err(Refused::Stop)
        })?;
        Ok((Resource::<Handle>::new_own(handle),))
    })?;
    agents.func_wrap(
        "[method]agent.call",
        |mut caller: Caller, (handle, method, input): (Resource<Handle>, WasmStr, WasmList<u8>)| {
            let bytes_in = method.to_str(&caller)?.len() + input.len();
            charge_call(&mut caller, Function::AgentCall, bytes_in)?;
            let called = call(&mut caller, handle.rep(), &method, &input);
            let (verdict, bytes_out) = match &called {
                Ok(Ok(reply)) => (Verdict::Granted, reply.output.len()),
                _ => (Verdict::Failed, 0),
            };
            caller.data().books.count(Function::AgentCall, verdict, bytes_in, bytes_out);
            charge(&mut caller, bytes_out as u64)?;
            Ok((called?,))
        },
    )
}

/// Calls an agent with bytes that stay in the challenge's memory. The table leaves the store meanwhile.
fn call(
    caller: &mut Caller<'_>,
    handle: u32,
    method: &WasmStr,
    input: &WasmList<u8>,
) -> wasmtime::Result<Called> {
    let taken = caller.data_mut().data.table.take();
    let mut table = taken.ok_or_else(|| wasmtime::Error::new(away()))?;
    let called = match method.to_str(&*caller) {
        Ok(method) => {
            let input = input.as_le_slice(caller.as_context());
            table.call(handle, &caller.data().books, &method, input)
        }
        Err(error) => Err(Fault::of(error, &caller.data().bounds)),
    };
    caller.data_mut().data.table = Some(table);
    called.map_err(wasmtime::Error::new)
}

/// A challenge cannot call while it is called, so this cannot be seen.
fn away() -> Fault {
    Fault::Host("the agents are not at the table".to_owned())
}
