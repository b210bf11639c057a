//! Compiles the server again when what it embeds of the interface changed. Debug builds read those files as they run.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for embedded in
        ["../ui/dist", "../ui/dist-preview/packages", "../ui/dist-preview/npm", "../ui/dist-preview/bundler"]
    {
        // A debug build looks only where there was a folder when it was compiled; the interface may be built later.
        if !Path::new(embedded).exists()
            && let Err(why) = std::fs::create_dir_all(embedded)
        {
            println!("cargo:warning={embedded} could not be made: {why}");
        }
    }
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        for embedded in ["../ui/dist", "../ui/dist-preview", "templates"] {
            println!("cargo:rerun-if-changed={embedded}");
        }
    }
}
