//! Text from an author's editor, read as a manifest: whatever passes is within its bounds and reads back.
#![no_main]

use agon_types::{Manifest, codec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(manifest) = toml::from_str::<Manifest>(text) {
        let passes = manifest.check().is_ok();
        let bytes = codec::encode(&manifest);
        assert_eq!(codec::decode::<Manifest>(&bytes, bytes.len()), Ok(manifest));
        assert!(!passes || bytes.len() < 256 << 10, "the bounds keep a manifest small");
    }
});
