//! [`Sandbox`] where there is none: nothing runs, and why is said.

use super::{Command, Ended, Sandbox, SandboxError, State};
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

const WHY: &str =
    "commands of a project run only on Linux as yet: this system has no sandbox that Tidemark knows";

pub struct Nowhere;

#[async_trait]
impl Sandbox for Nowhere {
    async fn state(&self) -> State {
        State::Refused(WHY.into())
    }
    async fn run(&self, _command: Command, _cancel: &CancellationToken) -> Result<Ended, SandboxError> {
        Err(SandboxError::Refused(WHY.into()))
    }
}
