//! [`Kept`]: a file of the copy as it stood, to be laid over another copy of the same snapshot.

use serde::{Deserialize, Serialize};

/// A file's bytes, and whether it may be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    #[serde(with = "text_or_base64")]
    pub bytes: Vec<u8>,
    pub executable: bool,
}

/// Bytes in JSON: as text where they are text, which nearly every file is.
mod text_or_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::borrow::Cow;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Form<'a> {
        Text(Cow<'a, str>),
        Base64(Cow<'a, str>),
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Form::Text(text.into()).serialize(to),
            Err(_binary) => Form::Base64(STANDARD.encode(bytes).into()).serialize(to),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        match Form::deserialize(from)? {
            Form::Text(text) => Ok(text.into_owned().into_bytes()),
            Form::Base64(text) => STANDARD.decode(text.as_bytes()).map_err(D::Error::custom),
        }
    }
}
