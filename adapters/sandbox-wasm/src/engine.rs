//! The engine profile: every setting that an outcome depends on, in one place.

use crate::limits;
use agon_types::limits::MEMORY_BYTES_MAX;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy};

/// The name of the settings below with the engine's major version. Another setting is another profile, because
/// outcomes of two profiles may differ.
pub const PROFILE: &str = "wasmtime-48-a";

/// An engine with room for so many runs at once.
pub fn new(runs: u32) -> Result<Engine, wasmtime::Error> {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .consume_fuel(true)
        // Only the deadline of a run ever advances the epoch; fuel ends what is merely long.
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(limits::STACK_BYTES)
        // A trace differs between builds, so none is made.
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true)
        .concurrency_support(false)
        .shared_memory(false);
    features(&mut config);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(runs)));
    Engine::new(&config)
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
        .wasm_gc(false);
}

/// Slots for every instance that can live at once, so that a full pool is never an agent's fault.
fn pool(runs: u32) -> PoolingAllocationConfig {
    let components = runs * (1 + limits::AGENTS_LIVE_MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(components)
        .total_core_instances(components * limits::CORE_INSTANCES_MAX)
        .max_core_instances_per_component(limits::CORE_INSTANCES_MAX)
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
