//! Generates Tauri's context. The app has no commands: the page speaks HTTP, as in a browser.
fn main() {
    tauri_build::build();
}
