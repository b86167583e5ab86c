//! What every instance has, whatever its world: bounds, a log, and a signal that stops it.

use crate::limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use wasmtime::component::{Linker, WasmStr};
use wasmtime::{Engine, ResourceLimiter, Store, StoreContextMut, Trap, UpdateDeadline};

/// What all instances of one run share.
#[derive(Debug)]
pub struct Control {
    stopped: AtomicBool,
    log_lines_left: AtomicU32,
}

impl Control {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            stopped: AtomicBool::new(false),
            log_lines_left: AtomicU32::new(limits::LOG_LINES_MAX),
        })
    }

    /// Stops every guest of the run at its next loop or call. The flag comes first: a store that reads the epoch
    /// after the increment also reads the flag.
    pub fn stop(&self, engine: &Engine) {
        self.stopped.store(true, Ordering::SeqCst);
        engine.increment_epoch();
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn take_log_line(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        self.log_lines_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

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
        let handover_bytes = (handover_bytes as usize).max(limits::HANDOVER_BYTES_MIN);
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
    pub control: Arc<Control>,
    pub data: T,
}

/// A store with so much fuel for one instance.
pub fn store<T: 'static>(engine: &Engine, guest: Guest<T>, fuel: u64) -> wasmtime::Result<Store<Guest<T>>> {
    let control = guest.control.clone();
    let handover_bytes = guest.bounds.handover_bytes;
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.bounds);
    store.set_fuel(fuel)?;
    store.set_hostcall_fuel(handover_bytes);
    store.set_max_component_handles(4 * limits::AGENTS_LIVE_MAX as usize);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| match control.is_stopped() {
        true => Ok(UpdateDeadline::Interrupt),
        false => Ok(UpdateDeadline::Continue(1)),
    });
    Ok(store)
}

/// Takes the fuel of a call to the host that moved so many bytes, and stops the guest if the run is stopped.
pub fn charge<T>(store: &mut StoreContextMut<'_, Guest<T>>, bytes: usize) -> wasmtime::Result<()> {
    if store.data().control.is_stopped() {
        return Err(Trap::Interrupt.into());
    }
    let left = store.get_fuel()?.checked_sub(limits::HOST_CALL_FUEL + bytes as u64);
    store.set_fuel(left.unwrap_or(0))?;
    left.map(|_| ()).ok_or_else(|| Trap::OutOfFuel.into())
}

/// Grants the interface `log`.
pub fn link_log<T: 'static>(linker: &mut Linker<Guest<T>>, role: &'static str) -> wasmtime::Result<()> {
    let write = move |mut store: StoreContextMut<'_, Guest<T>>, (line,): (WasmStr,)| {
        let text = line.to_str(&store)?;
        let (text, bytes) =
            (text[..text.floor_char_boundary(limits::LOG_LINE_BYTES_MAX)].to_owned(), text.len());
        charge(&mut store, bytes)?;
        if store.data().control.take_log_line() {
            tracing::debug!(role, line = ?text, "guest");
        }
        Ok(())
    };
    linker.instance(crate::abi::LOG)?.func_wrap("write", write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_so_many_log_lines_and_no_more() {
        let control = Control::new();
        let taken = (0..2 * limits::LOG_LINES_MAX).filter(|_| control.take_log_line()).count();
        assert_eq!(taken, limits::LOG_LINES_MAX as usize);
    }
}
