//! What a provider's error means for a task: wait for the network, or end with words for a person.

use super::AgentError;
use crate::providers::{Provider, ProviderError};
use tidemark_shared::TaskErrorCode;
use tidemark_shared::task::Metrics;
use url::Host;

pub(super) fn ending(why: ProviderError, provider: &dyn Provider, metrics: Metrics) -> AgentError {
    let info = provider.info();
    let name = &info.name;
    let retryable = why.is_retryable();
    let (code, message) = match why {
        ProviderError::Unreachable { reason, .. } => {
            let local = info.base_url.as_deref().filter(|url| is_this_computer(url));
            let Some(url) = local else {
                return AgentError::NoNetwork(format!("{name} can't be reached ({reason})."));
            };
            let message = format!("{name} does not answer at {url} ({reason}). Start it, then try again.");
            (TaskErrorCode::ProviderFailed, message)
        }
        ProviderError::BadKey { reason, .. } => (
            TaskErrorCode::BadKey,
            format!("{name} refused the key ({reason}). Enter another one in Settings."),
        ),
        ProviderError::UnknownModel { model, .. } => {
            (TaskErrorCode::UnknownModel, format!("{name} has no model {model}. Choose another one."))
        }
        ProviderError::RateLimited { retry_after, reason, .. } => {
            let when =
                retry_after.map(|time| format!(" It asks to wait {} s.", time.as_secs())).unwrap_or_default();
            (TaskErrorCode::RateLimited, format!("{name} limits how much may be asked ({reason}).{when}"))
        }
        ProviderError::Trouble { reason, .. } => {
            (TaskErrorCode::ProviderFailed, format!("{name} had trouble ({reason}). Try again in a while."))
        }
        ProviderError::Silent { after_s, .. } => (
            TaskErrorCode::ProviderSilent,
            format!(
                "{name} said nothing for {after_s} s, so it was given up. Try again, or choose another model."
            ),
        ),
        ProviderError::Rejected { reason, .. } => {
            (TaskErrorCode::ProviderFailed, format!("{name} refused the request ({reason})."))
        }
        ProviderError::Nonsense { reason, .. } => (
            TaskErrorCode::ProviderFailed,
            format!("{name} answered with something that can't be understood ({reason})."),
        ),
    };
    AgentError::Failed { code, message, retryable, metrics: Box::new(metrics) }
}

fn is_this_computer(url: &str) -> bool {
    match url::Url::parse(url).as_ref().map(url::Url::host) {
        Ok(Some(Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Some(Host::Ipv4(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(Some(Host::Ipv6(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(None) | Err(_) => false,
    }
}
