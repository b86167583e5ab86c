//! The engine profile: every setting that an outcome depends on, in one place. One of them is `unsafe` to set: a feature
//! of processors that the compiler may use. Whoever loads code is asked for each by the engine itself, so a machine
//! without one runs nothing.

mod prices;

use crate::limits;
use agon_types::limits::MEMORY_BYTES_MAX;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy, WasmFeatures,
};

/// The name of the settings below with the engine's major version. Another setting is another profile, because
/// outcomes of two profiles may differ.
#[cfg(target_arch = "x86_64")]
pub const PROFILE: &str = "wasmtime-48-c";
/// How deep a stack can be follows from the machine code, so another architecture is another profile.
#[cfg(target_arch = "aarch64")]
pub const PROFILE: &str = "wasmtime-48-c-aarch64";
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("no engine profile is made for this architecture: use x86_64 or aarch64");

/// The target without what one machine has and another has not.
#[cfg(target_arch = "x86_64")]
const TARGET: &str = "x86_64-unknown-linux-gnu";
#[cfg(target_arch = "aarch64")]
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// What the compiler may use beside the least that x86-64 has: all of these, on every machine of the profile. With
/// others, frames would have other sizes, and a stack that holds on one machine would overflow on another.
#[cfg(target_arch = "x86_64")]
const PROCESSOR: [&str; 6] =
    ["has_cmpxchg16b", "has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"];
#[cfg(target_arch = "aarch64")]
const PROCESSOR: [&str; 0] = [];

/// An engine with room for one run: a challenge, and as many agents as may live at once.
pub fn running() -> wasmtime::Result<Engine> {
    new(1 + limits::AGENTS_LIVE_MAX)
}

/// An engine that only compiles. It has the rules of the other's pool, and next to no room.
pub fn compiling() -> wasmtime::Result<Engine> {
    new(1)
}

fn new(components: u32) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        // Fuel ends what is long; whoever holds the cage ends what hangs.
        .consume_fuel(true)
        .operator_cost(prices::prices())
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(limits::STACK_BYTES)
        // A trace differs between builds, so none is made.
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true)
        .concurrency_support(false)
        .shared_memory(false);
    features(&mut config);
    processor(&mut config)?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(components)));
    Engine::new(&config)
}

/// The same machine code on every machine of the profile.
#[expect(
    unsafe_code,
    reason = "the compiler may use what is named here, and the engine refuses machines without it"
)]
fn processor(config: &mut Config) -> wasmtime::Result<()> {
    config.target(TARGET)?;
    for feature in PROCESSOR {
        // SAFETY: each is a feature of a processor, and code is only loaded where the processor has it.
        unsafe { config.cranelift_flag_enable(feature) };
    }
    Ok(())
}

/// What compilers emit for one thread and 32 bits; nothing whose result the machine may choose.
fn features(config: &mut Config) {
    config
        .wasm_component_model(true)
        .wasm_simd(true)
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_tail_call(false)
        .wasm_stack_switching(false)
        .wasm_gc(false)
        .wasm_features(WasmFeatures::FUNCTION_REFERENCES, false);
}

/// Slots for every instance that can live at once, so that a full pool is never an agent's fault.
fn pool(components: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(components)
        .total_core_instances(components * limits::CORE_INSTANCES_MAX)
        .max_core_instances_per_component(limits::CORE_INSTANCES_MAX)
        .max_core_instance_size(limits::INSTANCE_BYTES_MAX)
        .max_component_instance_size(limits::INSTANCE_BYTES_MAX)
        .total_memories(components)
        .max_memories_per_component(1)
        .max_memories_per_module(1)
        .max_memory_size(MEMORY_BYTES_MAX as usize)
        .total_tables(components * limits::TABLES_MAX)
        .max_tables_per_component(limits::TABLES_MAX)
        .max_tables_per_module(limits::TABLES_MAX)
        .table_elements(limits::TABLE_ELEMENTS_MAX)
        // Giving pages back costs more than all else about an instance.
        .linear_memory_keep_resident(limits::RESIDENT_BYTES)
        .table_keep_resident(limits::TABLE_ELEMENTS_MAX * size_of::<usize>())
        .pagemap_scan(Enabled::Auto);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hash, Hasher};

    #[test]
    fn what_one_engine_compiles_the_other_runs() {
        let name = |engine: Engine| {
            let mut hasher = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(name(compiling().unwrap()), name(running().unwrap()));
    }
}
