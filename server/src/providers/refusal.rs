//! An HTTP answer that is not 200, in words of [`ProviderError`]. The reason is the server's own sentence, bounded, and
//! never holds the key.

use super::ProviderError;
use super::keys::Secret;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use std::time::{Duration, UNIX_EPOCH};
use tidemark_shared::Millis;

/// Characters of a server's own words that are passed on.
const MAX_REASON: usize = 300;

pub(super) struct Refusal<'a> {
    pub provider: &'a str,
    pub model: &'a str,
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    pub body: &'a str,
    pub key: Option<&'a Secret>,
    pub now: Millis,
}

impl Refusal<'_> {
    pub(super) fn error(&self) -> ProviderError {
        let provider = self.provider.to_owned();
        let said = Said::parse(self.body);
        let reason = self.reason(&said);
        match self.status.as_u16() {
            // Some servers say 429, some 403, but no waiting helps.
            _ if said.code == "insufficient_quota" => ProviderError::Rejected { provider, reason },
            401 | 403 => ProviderError::BadKey { provider, reason },
            400 | 404 if said.means_no_such_model(self.model) => {
                ProviderError::UnknownModel { provider, model: self.model.into() }
            }
            404 => ProviderError::Rejected {
                provider,
                reason: format!("there is nothing at this address ({reason}); check the base URL"),
            },
            429 => ProviderError::RateLimited {
                provider,
                retry_after: retry_after(self.headers, self.now),
                reason,
            },
            408 | 409 | 425 | 500..=599 => ProviderError::Trouble { provider, reason },
            300..=399 => ProviderError::Nonsense {
                provider,
                reason: format!("it sends requests elsewhere ({reason}); check the base URL"),
            },
            _ => ProviderError::Rejected { provider, reason },
        }
    }

    fn reason(&self, said: &Said) -> String {
        let status = self.status.as_u16();
        let name = match status {
            529 => "overloaded",
            _ => self.status.canonical_reason().unwrap_or("an error"),
        };
        let text = if said.message.is_empty() {
            format!("{status} {name}")
        } else {
            format!("{} ({status})", said.message)
        };
        bounded(&self.key.map_or_else(|| text.clone(), |key| key.scrub(&text)))
    }
}

pub(super) fn bounded(text: &str) -> String {
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = line.char_indices().nth(MAX_REASON) {
        line.truncate(at);
        line.push('…');
    }
    line
}

/// What the body says, in whichever of the dialects' forms.
#[derive(Default)]
struct Said {
    message: String,
    kind: String,
    code: String,
}

impl Said {
    fn parse(body: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            return Self::default();
        };
        let error = &value["error"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(message) = error.as_str() {
            return Self { message: message.into(), ..Self::default() };
        }
        let message = if error.is_object() { &error["message"] } else { &value["message"] };
        Self { message: text(message), kind: text(&error["type"]), code: text(&error["code"]) }
    }

    fn means_no_such_model(&self, model: &str) -> bool {
        let message = self.message.to_ascii_lowercase();
        let about_the_model = message.contains("model") || message.contains(&model.to_ascii_lowercase());
        self.code == "model_not_found"
            || (self.kind == "not_found_error" && about_the_model)
            || (about_the_model && (message.contains("not found") || message.contains("does not exist")))
    }
}

/// Seconds, milliseconds (OpenAI), or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: Millis) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(ms / 1000.0).ok();
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // A date before 1970 is long over.
    let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(since.saturating_sub(Duration::from_millis(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> ProviderError {
        let headers = headers
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()));
        Refusal {
            provider: "openai",
            model: "gpt-x",
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers.collect(),
            body,
            key: Secret::new("sk-secret").as_ref(),
            now: 784_111_777_000,
        }
        .error()
    }

    #[test]
    fn retry_after_is_read_in_each_of_its_forms() {
        let after = |headers: &[(&'static str, &'static str)]| match error(429, headers, "") {
            ProviderError::RateLimited { retry_after, .. } => retry_after,
            other => panic!("{other:?}"),
        };
        assert_eq!(after(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(
            after(&[("retry-after-ms", "250"), ("retry-after", "1")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:57 GMT")]), Some(Duration::from_secs(20)));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(after(&[("retry-after", "soon")]), None);
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn the_key_is_cut_out_of_the_servers_own_words() {
        let body = r#"{"error":{"message":"Incorrect API key provided: sk-secret."}}"#;
        let ProviderError::BadKey { reason, .. } = error(401, &[], body) else { panic!() };
        assert_eq!(reason, "Incorrect API key provided: ***. (401)");
    }

    #[test]
    fn a_model_that_is_not_there_is_told_from_a_wrong_address() {
        for body in [
            r#"{"error":{"message":"The model `gpt-x` does not exist","code":"model_not_found"}}"#,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: gpt-x"}}"#,
            r#"{"error":"model 'gpt-x' not found"}"#,
        ] {
            assert!(matches!(error(404, &[], body), ProviderError::UnknownModel { .. }), "{body}");
        }
        assert!(matches!(error(404, &[], "<html>nginx</html>"), ProviderError::Rejected { .. }));
    }

    #[test]
    fn an_empty_purse_is_not_worth_waiting_for() {
        let body = r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
        assert!(matches!(error(429, &[], body), ProviderError::Rejected { .. }));
    }
}
