//! The local house's credential: a token of 256 random bits per launch, and one-time codes that are exchanged for it.
//!
//! The token is never in a URL. A code is in the fragment of a launch URL, which no browser sends, and works once.

use super::{Auth, AuthError, Caller};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};
use tidemark_shared::UserId;

/// How many launch URLs may be out at once; the oldest stops working when one more is made.
pub const MAX_CODES: usize = 16;

pub struct LaunchToken {
    token: String,
    /// Digests, so that comparing takes the same time for every guess.
    digest: blake3::Hash,
    codes: Mutex<VecDeque<blake3::Hash>>,
}

impl LaunchToken {
    /// A fresh token from the system's randomness.
    pub fn new() -> Result<Self, getrandom::Error> {
        let token = secret()?;
        Ok(Self { digest: blake3::hash(token.as_bytes()), token, codes: Mutex::default() })
    }
    pub fn token(&self) -> &str {
        &self.token
    }
    /// A new code for one launch URL.
    pub fn new_code(&self) -> Result<String, getrandom::Error> {
        let code = secret()?;
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() == MAX_CODES {
            codes.pop_front();
        }
        codes.push_back(blake3::hash(code.as_bytes()));
        Ok(code)
    }
    /// The token for a code that was not used yet.
    pub fn exchange(&self, code: &str) -> Result<&str, AuthError> {
        let digest = blake3::hash(code.as_bytes());
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = codes.iter().position(|known| *known == digest).ok_or(AuthError::Refused)?;
        codes.remove(at);
        Ok(&self.token)
    }
}

impl fmt::Debug for LaunchToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaunchToken(***)")
    }
}

#[async_trait]
impl Auth for LaunchToken {
    async fn authenticate(&self, token: &str) -> Result<Caller, AuthError> {
        // Comparing two `blake3::Hash` is constant-time.
        if blake3::hash(token.as_bytes()) == self.digest {
            Ok(Caller { user: UserId::owner() })
        } else {
            Err(AuthError::Refused)
        }
    }
}

/// 256 random bits as 64 hex digits.
fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_token_itself_is_let_in() {
        let launch = LaunchToken::new().unwrap();
        assert!(launch.authenticate(launch.token()).await.is_ok());
        for wrong in ["", "x", &launch.token()[..63], &launch.token().to_uppercase(), "0".repeat(64).as_str()]
        {
            assert!(launch.authenticate(wrong).await.is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_code_works_once() {
        let launch = LaunchToken::new().unwrap();
        let code = launch.new_code().unwrap();
        assert_eq!(launch.exchange(&code).unwrap(), launch.token());
        assert!(launch.exchange(&code).is_err());
        assert!(launch.exchange("").is_err());
    }

    #[test]
    fn the_oldest_of_too_many_codes_stops_working() {
        let launch = LaunchToken::new().unwrap();
        let codes: Vec<_> = (0..=MAX_CODES).map(|_| launch.new_code().unwrap()).collect();
        assert!(launch.exchange(&codes[0]).is_err());
        assert!(launch.exchange(&codes[1]).is_ok());
    }

    #[test]
    fn the_secret_is_not_in_debug() {
        let launch = LaunchToken::new().unwrap();
        assert!(!format!("{launch:?}").contains(launch.token()));
    }
}
