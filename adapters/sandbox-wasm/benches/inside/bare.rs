//! The engine by itself: the same settings, and nothing of ours around it.

use crate::{CALLS, Times};
use std::time::Duration;
use wasmtime::component::{Component, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig, Store,
    StoreLimits, StoreLimitsBuilder,
};

type Params<'a> = (&'a str, &'a [u8]);
type Results = (Result<Vec<u8>, String>,);

/// The settings of the profile.
pub fn engine() -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(17)
        .total_core_instances(17 * 40)
        .total_memories(17)
        .max_memory_size(512 << 20)
        .total_tables(17 * 40)
        .max_tables_per_component(40)
        .max_tables_per_module(40)
        .table_elements(10_000)
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(80_000)
        .pagemap_scan(Enabled::Auto);
    let mut costs = OperatorCost::new();
    costs.variable.memory_grow_per_page = 100;
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(costs)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(512 << 10)
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true)
        .concurrency_support(false)
        .shared_memory(false)
        .wasm_component_model(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).expect("the engine starts")
}

pub fn measure(component: &[u8], budget: Duration) -> Times {
    let engine = engine();
    let component = Component::from_binary(&engine, component).expect("the guest compiles");
    let linker: Linker<StoreLimits> = Linker::new(&engine);
    let pre = linker.instantiate_pre(&component).expect("the guest links");
    let call = component.get_export_index(None, "call").expect("the guest has a call");
    Times::of(budget, CALLS, || {
        for _ in 0..CALLS {
            let limits = StoreLimitsBuilder::new().memory_size(64 << 20).trap_on_grow_failure(true).build();
            let mut store = Store::new(&engine, limits);
            store.limiter(|limits| limits);
            store.set_fuel(1_000_000_000).expect("fuel is on");
            let instance = pre.instantiate(&mut store).expect("there is a slot");
            let call =
                instance.get_typed_func::<Params, Results>(&mut store, &call).expect("it has its type");
            let (answer,) = call.call(&mut store, ("", &[0; 16])).expect("the guest answers");
            assert_eq!(answer, Ok(Vec::new()));
        }
    })
}
