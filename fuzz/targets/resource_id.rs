//! libFuzzer calls [`entries::resource_id`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::resource_id(bytes));
