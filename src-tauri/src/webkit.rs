//! WebKitGTK's pitfalls, handled before anything of it is loaded.

/// Without a real GPU, WebKitGTK's DMABUF renderer shows blank windows on some systems and costs 80 MB on all of them.
/// Its variable must be set before the process has threads, and setting it from within is not safe in Rust, so the
/// process starts itself again with it, once. What the person set stays as it is.
pub(crate) fn prepare() {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
        if std::env::var_os(VARIABLE).is_some() || has_real_gpu() {
            return;
        }
        if let Ok(this) = std::env::current_exe() {
            // `exec` only returns when it failed; then the app goes on without it.
            let failed =
                std::process::Command::new(this).args(std::env::args_os().skip(1)).env(VARIABLE, "1").exec();
            tracing::warn!(%failed, "could not start again without the DMABUF renderer");
        }
    }
}

/// A render node whose driver is neither NVIDIA's nor a virtual machine's.
#[cfg(target_os = "linux")]
fn has_real_gpu() -> bool {
    let Ok(nodes) = std::fs::read_dir("/sys/class/drm") else { return false };
    nodes.flatten().filter(|node| node.file_name().to_string_lossy().starts_with("renderD")).any(|node| {
        let driver = std::fs::read_link(node.path().join("device/driver")).unwrap_or_default();
        let driver = driver.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        !matches!(
            driver.as_str(),
            "" | "nvidia" | "virtio_gpu" | "vmwgfx" | "vboxvideo" | "qxl" | "bochs-drm"
        )
    })
}
