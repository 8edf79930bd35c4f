//! libFuzzer calls [`entries::json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::json(bytes));
