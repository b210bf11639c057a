//! What a person chose. Kept by the server, because the UI's origin changes with every launch.

use crate::ModelId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `GET` and `PUT /api/settings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    pub theme: Theme,
    pub density: Density,
    /// The model for tasks that name none.
    pub model: Option<ModelId>,
    pub editor: EditorSettings,
    /// State of the UI that must outlive a launch (open tabs, pane sizes, drafts), by key; the server does not read it.
    #[schema(value_type = Object)]
    pub ui: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
    HcLight,
    HcDark,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    Compact,
    #[default]
    Default,
    Comfortable,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EditorSettings {
    /// Points, 8 to 40.
    pub font_size: u8,
    pub tab_size: u8,
    pub word_wrap: bool,
    pub minimap: bool,
    /// Save by itself one second after the last key.
    pub auto_save: bool,
}

impl Default for EditorSettings {
    fn default() -> Self {
        Self { font_size: 13, tab_size: 2, word_wrap: false, minimap: false, auto_save: false }
    }
}

/// `GET /api/capabilities`: what this house can do, so that the UI shows nothing that it cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    pub version: String,
    /// `local` or `team`.
    pub house: String,
    /// A native folder dialog can be opened: `POST /api/desktop/pick-folder`.
    pub pick_folder: bool,
    /// The file manager can be opened on a project: `POST /api/desktop/reveal`.
    pub reveal: bool,
    /// Keys can be kept in the system's keychain; otherwise only until the app stops.
    pub keychain: bool,
    pub modes: Vec<crate::Mode>,
    /// Where new projects go when nothing else is said.
    pub projects_folder: String,
    /// The largest file that can be edited, in bytes.
    pub max_edit_bytes: u64,
    pub templates: Vec<crate::project::Template>,
}
