//! What every instance has, whatever its world: bounds, fuel, and the books of its run.

use super::abi;
use super::tally::{Books, Function};
use crate::limits;
use agon_port::sandbox::{Role, Verdict};
use std::rc::Rc;
use wasmtime::component::{Linker, WasmStr};
use wasmtime::{Engine, ResourceLimiter, Store, StoreContextMut, Trap};

/// What one instance may take, and what it was refused.
#[derive(Debug)]
pub struct Bounds {
    pub memory_bytes: usize,
    pub handover_bytes: usize,
    pub memory_refused: bool,
    pub host_failure: Option<String>,
}

impl Bounds {
    pub fn new(memory_bytes: u64, handover_bytes: u64) -> Self {
        let memory_bytes = memory_bytes.min(agon_types::limits::MEMORY_BYTES_MAX) as usize;
        let handover_bytes = handover_bytes.min(limits::HANDOVER_BYTES_MAX) as usize;
        let handover_bytes = handover_bytes.max(limits::HANDOVER_BYTES_MIN);
        Self { memory_bytes, handover_bytes, memory_refused: false, host_failure: None }
    }
}

impl ResourceLimiter for Bounds {
    fn memory_growing(&mut self, _: usize, desired: usize, own_max: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.memory_bytes {
            self.memory_refused = true;
            wasmtime::bail!("the memory limit is reached");
        }
        Ok(own_max.is_none_or(|max| desired <= max))
    }

    /// Growth that is within all bounds failed, so this machine is short of memory.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.host_failure = Some("this machine has not enough memory".to_owned());
        Err(error)
    }

    fn table_growing(&mut self, _: usize, desired: usize, own_max: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= limits::TABLE_ELEMENTS_MAX && own_max.is_none_or(|max| desired <= max))
    }

    fn instances(&self) -> usize {
        limits::CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        limits::TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        1
    }
}

/// The host's side of one instance.
#[derive(Debug)]
pub struct Guest<T> {
    pub bounds: Bounds,
    pub books: Rc<Books>,
    pub data: T,
}

/// A store with so much fuel for one instance.
pub fn store<T: 'static>(engine: &Engine, guest: Guest<T>, fuel: u64) -> wasmtime::Result<Store<Guest<T>>> {
    let handover_bytes = guest.bounds.handover_bytes;
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.bounds);
    store.set_fuel(fuel)?;
    store.set_hostcall_fuel(handover_bytes);
    store.set_max_component_handles(4 * limits::AGENTS_LIVE_MAX as usize);
    Ok(store)
}

/// Takes fuel for the host's own work.
pub fn charge<T>(store: &mut StoreContextMut<'_, Guest<T>>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?.checked_sub(fuel);
    store.set_fuel(left.unwrap_or(0))?;
    left.map(|_| ()).ok_or_else(|| Trap::OutOfFuel.into())
}

/// Takes the fuel of a call that brought so many bytes, and counts the call if it ends there.
pub fn charge_call<T>(
    store: &mut StoreContextMut<'_, Guest<T>>,
    call: Function,
    bytes: usize,
) -> wasmtime::Result<()> {
    let charged = charge(store, call.fuel() + bytes as u64);
    if charged.is_err() {
        store.data().books.count(call, Verdict::Exceeded, bytes, 0);
    }
    charged
}

/// Grants the interface `log`.
pub fn link_log<T: 'static>(linker: &mut Linker<Guest<T>>, role: Role) -> wasmtime::Result<()> {
    let call = match role {
        Role::Challenge => Function::Log,
        Role::Agent => Function::AgentLog,
    };
    let write = move |mut store: StoreContextMut<'_, Guest<T>>, (line,): (WasmStr,)| {
        let books = store.data().books.clone();
        let line = line.to_str(&store)?;
        let bytes = line.len();
        books.note(role, &line);
        charge_call(&mut store, call, bytes)?;
        books.count(call, Verdict::Granted, bytes, 0);
        Ok(())
    };
    linker.instance(abi::LOG)?.func_wrap("write", write)
}
