//! libFuzzer calls [`entries::msgpack`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::msgpack(bytes));
