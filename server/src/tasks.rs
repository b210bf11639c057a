//! What the house does with tasks, one verb per file.

pub mod cancel;
pub mod retry;
pub mod submit;
