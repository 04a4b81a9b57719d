//! Any bytes, cut anywhere: the decoders of streams give the same events as of the whole, and hold no more than their limits.
#![no_main]

#[path = "../../tests/properties/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    properties::any_bytes(data);
});
