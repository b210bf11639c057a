//! The values in a project's environment files, which may stand elsewhere too: in a log, a test, a compose file.

use super::ignores::is_environment;
use super::root::Root;
use super::walk::{self, Kind};
use std::ops::ControlFlow;

/// Environment files that are read, and how large they may be, in bytes.
const MAX_FILES: usize = 64;
const MAX_FILE: u64 = 256 << 10;
/// Shorter values are words.
const SHORTEST: usize = 8;
/// Parts of names that say that the value is a secret.
const SECRET: [&str; 10] =
    ["KEY", "TOKEN", "SECRET", "PASS", "PWD", "CREDENTIAL", "AUTH", "SALT", "PRIVATE", "SIGNATURE"];

/// What the files `.env`, `.env.local`, … hold under names that say so. A file that can't be read is passed over: no model
/// sees it either.
pub(super) fn values(root: &Root) -> Vec<String> {
    let mut files = Vec::new();
    let walked = walk::walk(root, &mut |_| false, &mut |entry| {
        if matches!(entry.kind, Kind::File(_)) && is_environment(&entry.path) {
            files.push(entry.path);
        }
        if files.len() == MAX_FILES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if let Err(why) = walked {
        tracing::warn!(error = %why, "not every environment file of the project was looked for");
    }
    let read = |path| Some(String::from_utf8_lossy(&root.read(path, MAX_FILE).ok()??.bytes).into_owned());
    let texts: Vec<_> = files.iter().filter_map(read).collect();
    let mut values: Vec<_> = texts.iter().flat_map(|text| text.lines()).filter_map(value).collect();
    values.sort();
    values.dedup();
    values
}

/// The value of a line `[export] NAME=value`, in quotes or not, when it is a secret: by its name, or as the password in an
/// address.
fn value(line: &str) -> Option<String> {
    let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
    let (name, value) = (name.trim().to_uppercase(), value.trim());
    let value = match value.chars().next()? {
        quote @ ('"' | '\'' | '`') => value[1..].split(quote).next()?,
        _ => value.split(" #").next()?.trim_end(),
    };
    let secret = match value.split_once("://") {
        Some((_, rest)) => rest.split_once('@')?.0.split_once(':')?.1,
        None => SECRET.iter().any(|part| name.contains(part)).then_some(value)?,
    };
    (secret.len() >= SHORTEST && !name.starts_with('#')).then(|| secret.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_under_names_that_say_so_are_secrets_and_settings_are_not() {
        for (line, secret) in [
            ("API_KEY=ab12cd34ef", Some("ab12cd34ef")),
            ("export DB_PASSWORD='correct horse'", Some("correct horse")),
            ("db_password=\"with \\ and # in it\"", Some("with \\ and # in it")),
            ("STRIPE_SECRET = sk_test_1234 # ours", Some("sk_test_1234")),
            ("DATABASE_URL=postgres://anna:tide-pool-7@db.local:5432/garden", Some("tide-pool-7")),
            ("DATABASE_URL=postgres://localhost/garden", None),
            ("BASE_URL=https://garden.example", None),
            ("NODE_ENV=development", None),
            ("# API_KEY=ab12cd34ef", None),
            ("API_KEY=short", None),
            ("API_KEY=", None),
            ("nonsense", None),
        ] {
            assert_eq!(value(line).as_deref(), secret, "{line}");
        }
    }
}
