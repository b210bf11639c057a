//! The one window: the page that the in-process server serves, kept to its own origin and its previews'.

use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_opener::OpenerExt;
use url::Url;

const MAIN: &str = "main";

/// Opens the window on an address of the house.
pub(crate) fn open(app: &AppHandle, launch_url: &str) -> anyhow::Result<()> {
    let launch: Url = launch_url.parse()?;
    let links = app.clone();
    WebviewWindowBuilder::new(app, MAIN, WebviewUrl::External(launch))
        .title("Tidemark")
        .inner_size(1440.0, 900.0)
        .min_inner_size(480.0, 480.0)
        .on_navigation(move |to| {
            // Fires for iframes too (WebKitGTK cannot tell them apart), so previews on other loopback ports pass; their
            // own policy and the page's `frame-src` are what holds them. Everything else is the system browser's.
            if stays(to) {
                return true;
            }
            let is_link = matches!(to.scheme(), "http" | "https" | "mailto");
            if is_link && let Err(why) = links.opener().open_url(to.as_str(), None::<&str>) {
                tracing::warn!(%why, "could not open a link in the system browser");
            }
            false
        })
        .build()?;
    Ok(())
}

/// Brings the window to the front: what a second launch does.
pub(crate) fn focus(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        for done in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(why) = done {
                tracing::warn!(%why, "could not bring the window to the front");
            }
        }
    }
}

/// Runs a command of the page's own palette by its id, as its button would.
pub(crate) fn command(app: &AppHandle, id: &str) {
    if let Some(window) = app.get_webview_window(MAIN) {
        let script =
            format!("window.dispatchEvent(new CustomEvent('tidemark:command', {{ detail: '{id}' }}))");
        if let Err(why) = window.eval(script) {
            tracing::warn!(%why, id, "could not run a menu command");
        }
    }
}

fn stays(to: &Url) -> bool {
    match to.scheme() {
        "about" | "blob" | "data" => true,
        "http" => matches!(to.host_str(), Some("127.0.0.1")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::stays;

    #[test]
    fn only_loopback_stays_in_the_window() {
        for (url, expected) in [
            ("http://127.0.0.1:4100/", true),
            ("about:blank", true),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("https://127.0.0.1/", false),
            ("file:///etc/passwd", false),
            ("tauri://localhost", false),
        ] {
            assert_eq!(stays(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
