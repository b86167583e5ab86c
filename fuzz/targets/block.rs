//! Bytes from another node, read as a block, a certificate, and an entry of the state.
#![no_main]

use agon_protocol::{Key, Value};
use agon_types::{Block, Certificate, Genesis, codec, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(block) = codec::decode::<Block>(bytes, limits::BLOCK_BYTES_MAX) {
        assert_eq!(codec::encode(&block), bytes);
        let _ = block.header.digest();
    }
    let _ = codec::decode::<Certificate>(bytes, limits::BLOCK_BYTES_MAX);
    let _ = codec::decode::<Genesis>(bytes, limits::BLOCK_BYTES_MAX);
    let _ = codec::decode::<Key>(bytes, limits::BLOCK_BYTES_MAX);
    let _ = codec::decode::<Value>(bytes, limits::BLOCK_BYTES_MAX);
});
