//! Bytes from a peer, read as a binding, a greeting, and questions and answers of the mesh.
#![no_main]

use agon_types::peer::{BlocksAnswer, BlocksAsk, ChunkAnswer, ChunkAsk, Document, Greeting, read};
use agon_types::{Binding, NetworkId, TimeMs, codec};
use libfuzzer_sys::fuzz_target;

fn one<T: Document>(bytes: &[u8]) {
    if let Ok(document) = read::<T>(bytes) {
        assert_eq!(codec::encode(&document), bytes);
    }
}

fuzz_target!(|bytes: &[u8]| {
    one::<Greeting>(bytes);
    one::<ChunkAsk>(bytes);
    one::<ChunkAnswer>(bytes);
    one::<BlocksAsk>(bytes);
    one::<BlocksAnswer>(bytes);
    if let Ok(binding) = Binding::decode(bytes) {
        let network: NetworkId = binding.body.network.clone();
        let peer = binding.body.peer.clone();
        let _ = binding.check(&network, &peer, TimeMs(0));
    }
});
