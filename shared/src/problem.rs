//! Every error of the HTTP contract: RFC 9457 problems with a stable code. One table decides code, status and title.

use crate::review::Conflict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, for a program to act on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemCode { $($(#[$doc])* $name,)* }

        impl ProblemCode {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problems! {
    /// Malformed JSON, a missing or unknown field or value, or one out of bounds; `errors` names each.
    InvalidRequest = "invalid_request", 400, "The request is not valid";
    BadPath = "bad_path", 400, "The path does not stay inside the project";
    Unauthenticated = "unauthenticated", 401, "A valid credential is needed";
    ForeignOrigin = "foreign_origin", 403, "Requests from this origin are refused";
    Forbidden = "forbidden", 403, "This is not allowed";
    NotFound = "not_found", 404, "There is no such thing, or it is not yours";
    MethodNotAllowed = "method_not_allowed", 405, "This method is not offered here";
    /// The same id was used for another body.
    IdTaken = "id_taken", 409, "This id already belongs to something else";
    /// The thing is not in a state in which this can be done.
    WrongState = "wrong_state", 409, "This can't be done now";
    /// A real overlap with the person's own edits; `conflicts` has all sides. Nothing was written.
    Conflict = "conflict", 409, "Your file changed in the same place";
    AlreadyExists = "already_exists", 409, "There is already something with this name";
    ProjectGone = "project_gone", 409, "The project's folder is not there";
    PreconditionFailed = "precondition_failed", 412, "The file changed since you read it";
    TooLarge = "too_large", 413, "This is larger than the limit";
    UnsupportedMediaType = "unsupported_media_type", 415, "The body must be JSON";
    WrongHost = "wrong_host", 421, "The Host header is not this server's";
    /// No model is connected that could do it.
    NoModel = "no_model", 409, "No model is connected";
    PreconditionRequired = "precondition_required", 428, "If-Match is needed to change an existing file";
    RateLimited = "rate_limited", 429, "Too many requests";
    Internal = "internal", 500, "Something went wrong on our side";
    /// The disk is full, or the data directory can't be written.
    Storage = "storage", 507, "The disk is full or cannot be written";
    Unavailable = "unavailable", 503, "The server is stopping or not ready";
}

/// The body of every error answer, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `about:blank#<code>`: problems are told apart by `code`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: ProblemCode,
    /// What happened, what it means for the person's work, and what to do.
    pub detail: String,
    /// Finds the request in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Seconds after which trying again may do, as the header `Retry-After` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
}

/// What is wrong with one field of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

impl Problem {
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("about:blank#{}", code.as_str()),
            title: code.title().into(),
            status: code.status(),
            code,
            detail: sentence(detail.into()),
            trace: None,
            retry_after: None,
            errors: Vec::new(),
            conflicts: Vec::new(),
        }
    }
    /// A request that is wrong in one field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem = Self::new(ProblemCode::InvalidRequest, format!("{field}: {message}"));
        problem.errors.push(FieldError { field: field.into(), message });
        problem
    }
}

/// An error's message (`the disk is full`) as a sentence for a person. A first word that may be a name stays as it is.
fn sentence(mut message: String) -> String {
    if message.starts_with("the ") || message.starts_with("there ") {
        message.replace_range(..1, "T");
    }
    if message.ends_with(|last: char| last.is_alphanumeric()) {
        message.push('.');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_a_sentence() {
        let detail = |message: &str| Problem::new(ProblemCode::Internal, message).detail;
        assert_eq!(detail("the disk is full"), "The disk is full.");
        assert_eq!(detail("src changed (twice)"), "src changed (twice)");
        assert_eq!(detail("It is so."), "It is so.");
    }

    #[test]
    fn the_wire_name_is_the_table_name() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
