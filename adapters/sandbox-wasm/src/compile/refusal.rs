//! From what the engine says of a component to whether that follows from its bytes. Only what is named here does, and is
//! kept for ever; whatever else goes wrong is this machine's, and tried again.

use agon_port::sandbox::Unloadable;
use std::error::Error;
use std::io;
use wasmparser::BinaryReaderError;
use wasmtime::OutOfMemory;

/// What the engine says where it has no public type for it: what it cannot read, what it does not support, what is
/// above a limit of its compiler or of its pool, and what does not fit its world.
const NAMED: [&str; 13] = [
    "failed to parse WebAssembly module",
    "Invalid input WebAssembly code at offset ",
    "Unsupported feature: ",
    "Implementation limit exceeded",
    "Compilation error: Unsupported feature: ",
    "Compilation error: Implementation limit exceeded",
    "Compilation error: Code for function is too large",
    "The component transitively contains ",
    "component instance size does not fit in pooling allocator requirements",
    "module memory does not fit in pooling allocator requirements",
    "module table does not fit in pooling allocator requirements",
    "module instance size does not fit in pooling allocator requirements",
    "component imports ",
];

/// With the engine's own words, for the miner at the desk; they never enter a report.
pub fn of(error: wasmtime::Error) -> Unloadable {
    let words = format!("{error:#}").replace(char::is_control, " ").chars().take(400).collect();
    match follows_from_the_bytes(&error) {
        true => Unloadable::Invalid(words),
        false => Unloadable::Unknown(words),
    }
}

fn follows_from_the_bytes(error: &wasmtime::Error) -> bool {
    // Reading takes memory too, so a part that is this machine's decides.
    let is_ours = |part: &(dyn Error + 'static)| part.is::<io::Error>() || part.is::<OutOfMemory>();
    if error.chain().any(is_ours) {
        return false;
    }
    let is_named = |part: &(dyn Error + 'static)| {
        let words = part.to_string();
        NAMED.iter().any(|named| words.starts_with(named))
    };
    error.is::<BinaryReaderError>() || error.chain().any(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;
    use crate::inside::world;
    use wasmtime::component::Component;

    /// What the engine says of a component, in all steps that a compiler takes.
    fn said(text: &str) -> Unloadable {
        let engine = engine::compiling().unwrap();
        let made = Component::from_binary(&engine, &wat::parse_str(text).unwrap()).map_err(of);
        made.and_then(|component| world::agents(&engine).unwrap().link(&component).map(|_| ())).unwrap_err()
    }

    fn core(fields: &str) -> String {
        format!("(component (core module $m {fields}) (core instance (instantiate $m)))")
    }

    #[test]
    fn what_the_engine_refuses_in_the_bytes_holds_for_ever() {
        let tables = "(table 1 funcref)".repeat(41);
        let instances =
            format!("(component (core module $m) {})", "(core instance (instantiate $m))".repeat(41));
        for (text, words) in [
            // Reading and validating.
            (core("(func (result i32))"), "type mismatch"),
            (core("(memory i64 1)"), "memory64"),
            (core("(func (return_call 0))"), "tail calls"),
            (core("(type (struct))"), "gc"),
            ("(component (component $c) (export \"c\" (component $c)))".to_owned(), "not supported"),
            // The limits of the pool.
            (instances, "41 core module instances"),
            (core(&tables), "41"),
            (core("(table 10001 funcref)"), "10001"),
            (core("(memory 65536)"), "minimum byte size"),
        ] {
            match said(&text) {
                Unloadable::Invalid(said) => assert!(said.contains(words), "{words}: {said}"),
                other => panic!("{words}: {other:?}"),
            }
        }
        let log = "(component (import \"agon:challenge/log@0.2.0\" (instance (export \"read\" (func))))
            (core module $m (memory (export \"m\") 1) (func (export \"f\") (param i32 i32 i32 i32) (result i32) unreachable)
              (func (export \"r\") (param i32 i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m))
            (func (export \"call\") (param \"method\" string) (param \"input\" (list u8)) (result (result (list u8) (error string)))
              (canon lift (core func $i \"f\") (memory $i \"m\") (realloc (func $i \"r\")))))";
        assert!(matches!(said(log), Unloadable::Invalid(words) if words.contains("component imports")));
    }

    #[test]
    fn the_limits_of_the_compiler_hold_for_ever() {
        for words in ["Code for function is too large", "Implementation limit exceeded"] {
            let error =
                wasmtime::Error::msg(format!("Compilation error: {words}")).context("failed to compile: f");
            assert!(matches!(of(error), Unloadable::Invalid(_)), "{words}");
        }
    }

    #[test]
    fn what_fails_on_this_machine_says_nothing_about_the_bytes() {
        let missing = std::fs::read("/proc/nothing/of/the/kind").unwrap_err();
        let short = io::Error::from_raw_os_error(libc::ENOMEM);
        for error in [
            wasmtime::Error::from(missing),
            wasmtime::Error::from(short).context("failed to parse WebAssembly module"),
            wasmtime::Error::from(OutOfMemory::new(1)).context("failed to parse WebAssembly module"),
            wasmtime::Error::msg("Compilation error: Verifier errors"),
            wasmtime::Error::msg("nobody knows this one"),
        ] {
            let words = format!("{error:#}");
            assert_eq!(of(error), Unloadable::Unknown(words));
        }
    }
}
