//! The command line `tidemark`.
fn main() {}
