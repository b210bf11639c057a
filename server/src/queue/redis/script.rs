//! The one script: it carries out a batch of commands in order, as if each were alone. Its name is its digest, so two
//! versions of it never mix.

/// All of it but the first line.
const BODY: &str = concat!(
    include_str!("script/1_store.lua"),
    include_str!("script/2_state.lua"),
    include_str!("script/3_line.lua"),
    include_str!("script/4_tasks.lua"),
    include_str!("script/5_commands.lua"),
    include_str!("script/6_reads.lua"),
    include_str!("script/7_call.lua"),
);

/// The number of the layout in Redis; another one is refused.
pub(super) const FORMAT: u32 = 1;

/// A script and its name.
pub(super) struct Script {
    pub(super) text: String,
    pub(super) sha1: String,
}

impl Script {
    /// Refused as a whole when Redis has no memory left; one that `must_go` runs all the same.
    pub(super) fn new(must_go: bool) -> Self {
        let text = format!("#!lua{}\n{BODY}", if must_go { " flags=allow-oom" } else { "" });
        let sha1 = redis::Script::new(&text).get_hash().to_owned();
        Self { text, sha1 }
    }
}
