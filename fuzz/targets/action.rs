//! Bytes from anybody, read as a signed action: no panic, one encoding, and no panic when it is checked and executed.
#![no_main]

use agon_types::{Action, Signed, codec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signed) = Signed::<Action>::decode(bytes) {
        assert_eq!(codec::encode(&signed), bytes);
        if let Ok(network) = "test".parse() {
            let _ = signed.verify(&network);
        }
    }
});
