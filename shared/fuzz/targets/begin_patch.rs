//! See `begin_patch` in `src/lib.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidemark_fuzz::begin_patch(&String::from_utf8_lossy(data)));
