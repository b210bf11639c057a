//! See `reply` in `src/lib.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidemark_fuzz::reply(&String::from_utf8_lossy(data)));
