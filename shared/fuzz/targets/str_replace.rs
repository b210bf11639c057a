//! See `str_replace` in `src/lib.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tidemark_fuzz::str_replace(&String::from_utf8_lossy(data)));
