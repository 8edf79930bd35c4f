//! libFuzzer calls [`entries::guard`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::guard(bytes));
