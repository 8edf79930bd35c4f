//! libFuzzer calls [`entries::certificate`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::certificate(bytes));
