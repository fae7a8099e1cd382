//! Connections whose segments come in any order, are lost, repeated, cut, or have any numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::play(data, fuzz::talk::steps(data).into_iter()));
