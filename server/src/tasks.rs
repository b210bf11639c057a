//! What the house does with tasks, one verb per file.

pub mod cancel;
mod history;
pub mod resume;
pub mod retry;
pub mod review;
pub mod run;
pub mod submit;
mod told;
