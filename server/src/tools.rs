//! What an agent may do: read and change the files of its private copy, and nothing else.

pub mod spec;

pub use spec::Tool;
