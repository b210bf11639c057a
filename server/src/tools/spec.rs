//! [`Tool`]: the tools by name, and what a model is told about each.

use crate::providers::ToolSpec;
use serde_json::{Value, json};

/// What an agent may do on its copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    ListFiles,
    ReadFile,
    Search,
    EditFile,
    CreateFile,
    DeleteFile,
    MoveFile,
}

impl Tool {
    pub const ALL: [Self; 7] = [
        Self::ListFiles,
        Self::ReadFile,
        Self::Search,
        Self::EditFile,
        Self::CreateFile,
        Self::DeleteFile,
        Self::MoveFile,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ListFiles => "list_files",
            Self::ReadFile => "read_file",
            Self::Search => "search",
            Self::EditFile => "edit_file",
            Self::CreateFile => "create_file",
            Self::DeleteFile => "delete_file",
            Self::MoveFile => "move_file",
        }
    }
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }
    /// Whether it changes nothing; such calls may run side by side.
    pub const fn only_reads(self) -> bool {
        match self {
            Self::ListFiles | Self::ReadFile | Self::Search => true,
            Self::EditFile | Self::CreateFile | Self::DeleteFile | Self::MoveFile => false,
        }
    }
    pub fn spec(self) -> ToolSpec {
        ToolSpec { name: self.name(), description: self.description(), input: self.input() }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::ListFiles => {
                "List the files and folders of the project, or of one folder. Folders end in `/`; a folder that is not \
                 opened shows how many files it holds."
            }
            Self::ReadFile => {
                "Read a text file. Each line comes as its number, a tab, and the line. Long files come in parts: go on \
                 with start_line. Never put the line numbers into an edit."
            }
            Self::Search => {
                "Find a text (or a regular expression) in the project's files. Answers with `path:line: text`. A pattern \
                 without capital letters matches both cases."
            }
            Self::EditFile => {
                "Replace one part of a text file. old_text must be exactly what the file has there, whole lines with \
                 their indentation, and must occur once: add lines around it until it does. Read the file first. One \
                 call makes one change; an error means that nothing was written."
            }
            Self::CreateFile => {
                "Make a new text file with this content; missing folders are made. Refuses when there is a file already: \
                 use edit_file to change it."
            }
            Self::DeleteFile => "Delete one file.",
            Self::MoveFile => {
                "Move or rename one file; missing folders are made. Refuses when there is something at the new path."
            }
        }
    }

    fn input(self) -> Value {
        let path = |what: &str| json!({ "type": "string", "description": what });
        let file = || path("Relative to the project, with `/`, such as src/App.tsx");
        let line = |what: &str| json!({ "type": "integer", "minimum": 1, "description": what });
        let (properties, required): (Value, &[&str]) = match self {
            Self::ListFiles => (
                json!({
                    "path": path("The folder to list; the whole project when absent"),
                    "depth": { "type": "integer", "minimum": 1, "maximum": 10,
                               "description": "How many levels of folders to open; 3 when absent" },
                }),
                &[],
            ),
            Self::ReadFile => (
                json!({
                    "path": file(),
                    "start_line": line("The first line to read, counting from 1"),
                    "end_line": line("The last line to read"),
                }),
                &["path"],
            ),
            Self::Search => (
                json!({
                    "pattern": { "type": "string", "description": "What to find, within one line" },
                    "path": path("Only in this folder or file"),
                    "regex": { "type": "boolean", "description": "The pattern is a regular expression; false when absent" },
                }),
                &["pattern"],
            ),
            Self::EditFile => (
                json!({
                    "path": file(),
                    "old_text": { "type": "string", "description": "The lines to replace, exactly as the file has them" },
                    "new_text": { "type": "string", "description": "What to put there; empty to remove the lines" },
                }),
                &["path", "old_text", "new_text"],
            ),
            Self::CreateFile => (
                json!({
                    "path": file(),
                    "content": { "type": "string", "description": "The whole content of the file" },
                }),
                &["path", "content"],
            ),
            Self::DeleteFile => (json!({ "path": file() }), &["path"]),
            Self::MoveFile => {
                (json!({ "from": path("The file to move"), "to": path("Its new path") }), &["from", "to"])
            }
        };
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}
