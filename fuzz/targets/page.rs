//! libFuzzer calls [`entries::page`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::page(bytes));
