//! See `unified` in `src/lib.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidemark_fuzz::unified(&String::from_utf8_lossy(data)));
