//! Compiles the server again when what it embeds of the interface changed. Debug builds read those files as they run.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        for embedded in ["../ui/dist", "../ui/dist-preview", "templates"] {
            println!("cargo:rerun-if-changed={embedded}");
        }
    }
}
