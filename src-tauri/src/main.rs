//! The desktop app: starts the local house in this process, on a free loopback port, and opens the window on it.
//!
//! No business logic and no Tauri IPC: the page is the one that a browser loads, and it speaks HTTP. What only a desktop
//! can do is behind the server's `Desktop` seam ([`shell::Shell`]).

mod arguments;
mod menu;
mod shell;
mod webkit;
mod window;

use arguments::Arguments;
use clap::Parser;
use std::sync::{Arc, Mutex};
use tauri::{AppHandle, RunEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
use tidemark_server::Running;

fn main() -> anyhow::Result<()> {
    webkit::prepare();
    let arguments = Arguments::parse();
    let (loaded, first) = (arguments.load()?, arguments.first()?);
    let running: Arc<Mutex<Option<Running>>> = Arc::default();
    let started = running.clone();
    tauri::Builder::default()
        // First, so that a second launch hands over and ends before it opens the data directory.
        .plugin(tauri_plugin_single_instance::init(|app, _args, _cwd| window::focus(app)))
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .menu(menu::build)
        .on_menu_event(menu::act)
        .setup(move |app| {
            let handle = app.handle().clone();
            stop_on_signals(handle.clone());
            let desktop = Arc::new(shell::Shell::new(handle.clone()));
            let starting = async {
                let house = tidemark_server::start(loaded, desktop).await?;
                let launch_url = house.launch_url_on(first).await?;
                anyhow::Ok((house, launch_url))
            };
            match tauri::async_runtime::block_on(starting) {
                Ok((house, launch_url)) => {
                    window::open(&handle, &launch_url)?;
                    *started.lock().expect("nothing panics while it holds this lock") = Some(house);
                }
                Err(why) => explain(&handle, &format!("{why:#}")),
            }
            Ok(())
        })
        .build(tauri::generate_context!())?
        .run(move |_app, event| {
            if let RunEvent::Exit = event {
                let house = running.lock().ok().and_then(|mut running| running.take());
                if let Some(house) = house {
                    tauri::async_runtime::block_on(house.stop());
                }
            }
        });
    Ok(())
}

/// The house did not start: says why in a dialog, then ends. A panic would tell a person nothing.
fn explain(app: &AppHandle, why: &str) {
    tracing::error!(why, "the house did not start");
    let ending = app.clone();
    app.dialog()
        .message(format!("{why}\n\nNothing of your work was changed."))
        .title("Tidemark can't start")
        .kind(MessageDialogKind::Error)
        .show(move |_| ending.exit(1));
}

/// SIGTERM and SIGINT end the app by the same way as its menu, so that the house stops cleanly.
fn stop_on_signals(app: AppHandle) {
    #[cfg(unix)]
    tauri::async_runtime::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        app.exit(0);
    });
    #[cfg(not(unix))]
    let _ = app.config();
}
