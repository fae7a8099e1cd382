//! Connections whose segments are reordered, lost, repeated, truncated or arbitrarily numbered.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::play(data, fuzz::talk::steps(data).into_iter()));
