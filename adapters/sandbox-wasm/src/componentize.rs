//! From the core module that a compiler makes of a guest to the component that runs.

use wit_component::ComponentEncoder;

/// Why a module is no component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAGuest(String);

/// Makes a component of a module that says, as `wit-bindgen` writes it, which world it is of.
pub fn componentize(module: &[u8]) -> Result<Vec<u8>, NotAGuest> {
    let encoder = ComponentEncoder::default().validate(true).module(module);
    let component = encoder.and_then(|mut encoder| encoder.encode());
    // With its causes: what is missing is said in the last one.
    component.map_err(|error| NotAGuest(format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The empty module.
    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(componentize(b"no module").is_err());
    }

    #[test]
    fn a_module_becomes_a_component() {
        let component = componentize(EMPTY).unwrap();
        assert_eq!(component[..8], *b"\0asm\x0d\0\x01\0");
    }

    #[test]
    fn an_import_of_no_interface_is_named() {
        // (module (import "env" "f" (func)))
        let module = [EMPTY, &[1, 4, 1, 0x60, 0, 0], &[2, 9, 1, 3, b'e', b'n', b'v', 1, b'f', 0, 0]].concat();
        let error = componentize(&module).unwrap_err().to_string();
        assert!(error.contains("env"), "{error}");
    }
}
