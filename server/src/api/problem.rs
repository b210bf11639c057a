//! Every error of the house → its problem. The only place that decides which; a new variant stops the build until
//! someone has.

use crate::auth::AuthError;
use crate::desktop::DesktopError;
use crate::models::{KeyError, NoModel};
use crate::preview::PreviewError;
use crate::queue::{self, QueueError};
use crate::store::StoreError;
use crate::tasks::submit::SubmitError;
use crate::workspace::WorkspaceError;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tidemark_shared::path::BadPath;
use tidemark_shared::{Problem, ProblemCode};

/// A request that is not answered as asked. The outermost layer writes the body, because it knows the trace.
#[derive(Debug)]
pub struct Refusal(pub(super) Box<Problem>);

/// Seconds after which to look again whether a line has room.
const WHEN_FULL: u64 = 10;

pub(super) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub(super) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }
    /// A request that is wrong in one field.
    pub(super) fn field(field: &str, message: impl Into<String>) -> Self {
        Problem::field(field, message).into()
    }
    /// A defect or trouble of ours: the cause goes to the log, the caller gets the trace to find it by.
    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(
            ProblemCode::Internal,
            "Something went wrong on our side; nothing of yours was changed. The log has the cause under this trace.",
        )
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = axum::http::StatusCode::from_u16(self.0.status)
            .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.0.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(std::sync::Arc::new(*self.0));
        response
    }
}

impl From<AuthError> for Refusal {
    fn from(why: AuthError) -> Self {
        match why {
            AuthError::Refused => Self::new(
                ProblemCode::Unauthenticated,
                "Open the studio again from its launch URL, or send the token as `Authorization: Bearer`.",
            ),
        }
    }
}

impl From<BadPath> for Refusal {
    fn from(why: BadPath) -> Self {
        Self::new(ProblemCode::BadPath, why.to_string())
    }
}

impl From<DesktopError> for Refusal {
    fn from(why: DesktopError) -> Self {
        match why {
            DesktopError::Absent => Self::new(ProblemCode::WrongState, why.to_string()),
            DesktopError::Failed(_) => Self::new(ProblemCode::Unavailable, why.to_string()),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(why: StoreError) -> Self {
        match why {
            StoreError::Full => Self::new(
                ProblemCode::Storage,
                "The disk is full; nothing was changed. Free some space and try again.",
            ),
            StoreError::NotFound(_) | StoreError::Damaged(_) | StoreError::Io(_) => Self::internal(&why),
        }
    }
}

impl From<QueueError> for Refusal {
    fn from(why: QueueError) -> Self {
        let code = match &why {
            QueueError::NotFound(_) => ProblemCode::NotFound,
            QueueError::IdTaken(_) => ProblemCode::IdTaken,
            QueueError::WrongState { .. } => ProblemCode::WrongState,
            QueueError::Full { .. } => ProblemCode::RateLimited,
            QueueError::DiskFull => ProblemCode::Storage,
            QueueError::TooSoon { .. } => ProblemCode::RateLimited,
            QueueError::LeaseLost(_) | QueueError::Storage(_) => return Self::internal(&why),
        };
        let mut refusal = Self::new(code, why.to_string());
        refusal.0.retry_after = match why {
            QueueError::TooSoon { retry_after } => Some(queue::seconds(retry_after)),
            QueueError::Full { .. } => Some(WHEN_FULL),
            _ => None,
        };
        refusal
    }
}

impl From<WorkspaceError> for Refusal {
    fn from(why: WorkspaceError) -> Self {
        let code = match &why {
            WorkspaceError::UnknownProject(_) | WorkspaceError::NotFound(_) => ProblemCode::NotFound,
            WorkspaceError::ProjectGone(_) => ProblemCode::ProjectGone,
            WorkspaceError::BadFolder { .. } => return Self::field("path", why.to_string()),
            WorkspaceError::UnknownTemplate(_) => return Self::field("template", why.to_string()),
            WorkspaceError::BadPattern(_) => return Self::field("q", why.to_string()),
            WorkspaceError::BadPath { .. } => ProblemCode::BadPath,
            WorkspaceError::Changed { .. } => ProblemCode::PreconditionFailed,
            WorkspaceError::Exists(_) => ProblemCode::AlreadyExists,
            WorkspaceError::TooLarge { .. } | WorkspaceError::Full { .. } => ProblemCode::TooLarge,
            WorkspaceError::NotText(_) => return Self::field("content", why.to_string()),
            WorkspaceError::DiskFull => ProblemCode::Storage,
            WorkspaceError::Store { .. } | WorkspaceError::Io { .. } => return Self::internal(&why),
        };
        Self::new(code, why.to_string())
    }
}

impl From<SubmitError> for Refusal {
    fn from(why: SubmitError) -> Self {
        match why {
            SubmitError::Invalid { field, message } => Self::field(field, message),
            SubmitError::NoModel(NoModel::UnknownProvider { .. }) => Self::field("model", why.to_string()),
            SubmitError::NoModel(NoModel::NoKey { .. }) => Self::new(ProblemCode::NoModel, why.to_string()),
            SubmitError::Workspace(why) => why.into(),
            SubmitError::Queue(why) => why.into(),
        }
    }
}

impl From<KeyError> for Refusal {
    fn from(why: KeyError) -> Self {
        match why {
            KeyError::UnknownProvider(_) => Self::new(ProblemCode::NotFound, why.to_string()),
            KeyError::NotNeeded(_) => Self::new(ProblemCode::WrongState, why.to_string()),
            KeyError::Malformed => Self::field("key", why.to_string()),
        }
    }
}

impl From<PreviewError> for Refusal {
    fn from(why: PreviewError) -> Self {
        match &why {
            PreviewError::ProjectGone => Self::new(ProblemCode::ProjectGone, why.to_string()),
            PreviewError::Origin(_) => Self::new(ProblemCode::Unavailable, why.to_string()),
            PreviewError::Io(_) => Self::internal(&why),
        }
    }
}
