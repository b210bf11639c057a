//! The native menu. On WebKitGTK, cut, copy and paste in the page need its predefined items.

use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tauri::{AppHandle, Wry};

/// Menu items that are commands of the page's palette: id, title, keys.
const COMMANDS: [(&str, &str, Option<&str>); 3] = [
    ("project.open-folder", "Open folder…", Some("CmdOrCtrl+O")),
    ("app.home", "Home", None),
    ("app.settings", "Settings", Some("CmdOrCtrl+,")),
];

pub(crate) fn build(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let file = Submenu::new(app, "File", true)?;
    for (id, title, keys) in COMMANDS {
        file.append(&MenuItem::with_id(app, id, title, true, keys)?)?;
    }
    file.append(&PredefinedMenuItem::separator(app)?)?;
    file.append(&PredefinedMenuItem::quit(app, Some("Quit"))?)?;
    let edit = Submenu::with_items(
        app,
        "Edit",
        true,
        &[
            &PredefinedMenuItem::undo(app, None)?,
            &PredefinedMenuItem::redo(app, None)?,
            &PredefinedMenuItem::separator(app)?,
            &PredefinedMenuItem::cut(app, None)?,
            &PredefinedMenuItem::copy(app, None)?,
            &PredefinedMenuItem::paste(app, None)?,
            &PredefinedMenuItem::select_all(app, None)?,
        ],
    )?;
    Menu::with_items(app, &[&file, &edit])
}

pub(crate) fn act(app: &AppHandle, event: MenuEvent) {
    let id = event.id().as_ref();
    if COMMANDS.iter().any(|(command, ..)| *command == id) {
        crate::window::command(app, id);
    }
}
