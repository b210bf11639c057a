//! The one script: it carries out a batch of commands in order, as if each were alone. It is a library of functions, so
//! that Redis makes what it consists of once and not with every call. Its name has its digest, so two versions never mix.

/// All of it but the first line and the last.
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

/// How Redis is brought to have the script, and how to call it: the command and the script's name.
pub(super) struct Script {
    pub(super) load: redis::Cmd,
    pub(super) call: &'static str,
    pub(super) name: String,
    /// As `name`. This one is refused as a whole when Redis has no memory left; that one runs all the same.
    pub(super) name_that_must_go: String,
}

impl Script {
    pub(super) fn functions() -> Self {
        let digest = redis::Script::new(BODY).get_hash()[..16].to_owned();
        let (name, name_that_must_go) = (format!("tidemark_{digest}"), format!("tidemark_must_{digest}"));
        let text = format!(
            "#!lua name={name}\n{BODY}\
             redis.register_function('{name}', carry_out)\n\
             redis.register_function{{\
             function_name = '{name_that_must_go}', callback = carry_out, flags = {{ 'allow-oom' }} }}\n"
        );
        let mut load = redis::cmd("FUNCTION");
        load.arg("LOAD").arg("REPLACE").arg(text);
        Self { load, call: "FCALL", name, name_that_must_go }
    }

    /// For a Redis that takes no functions from us now: it has no memory left, or they are forbidden here.
    pub(super) fn scripts(must_go: bool) -> Self {
        let flags = if must_go { " flags=allow-oom" } else { "" };
        let text = format!("#!lua{flags}\n{BODY}return carry_out(KEYS, ARGV)\n");
        let name = redis::Script::new(&text).get_hash().to_owned();
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(text);
        Self { load, call: "EVALSHA", name_that_must_go: name.clone(), name }
    }

    pub(super) fn name(&self, must_go: bool) -> &str {
        if must_go { &self.name_that_must_go } else { &self.name }
    }
}
