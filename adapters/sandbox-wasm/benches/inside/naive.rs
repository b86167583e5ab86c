//! A host without preparation: it makes a linker and compiles the component for every call.

use super::bare;
use crate::Times;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

pub fn measure(component: &[u8], calls: u32) -> Times {
    let engine = bare::engine();
    Times::of(Duration::from_millis(u64::from(calls)), 1, || {
        let mut linker: Linker<()> = Linker::new(&engine);
        let mut log = linker.instance("agon:challenge/log@0.2.0").expect("the linker is empty");
        log.func_wrap("write", |_, (_,): (String,)| Ok(())).expect("the interface is empty");
        let component = Component::from_binary(&engine, component).expect("the guest compiles");
        let mut store = Store::new(&engine, ());
        store.set_fuel(1_000_000_000).expect("fuel is on");
        let instance = linker.instantiate(&mut store, &component).expect("there is a slot");
        let call = instance.get_typed_func::<(&str, &[u8]), (Result<Vec<u8>, String>,)>(&mut store, "call");
        let call = call.expect("it has its type");
        let (answer,) = call.call(&mut store, ("", &[0; 16])).expect("the guest answers");
        assert_eq!(answer, Ok(Vec::new()));
    })
}
