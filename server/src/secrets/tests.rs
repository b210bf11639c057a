//! Positives are made at run time, so that no scanner finds a secret in this file.

use super::*;
use proptest::prelude::*;

/// The text's secrets, as they stand.
fn secrets(text: &str) -> Vec<&str> {
    scan(text).into_iter().map(|found| &text[found.place]).collect()
}

fn random(alphabet: &str, length: usize, seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let alphabet: Vec<char> = alphabet.chars().collect();
    (0..length).map(|_| *random.choice(&alphabet).unwrap()).collect()
}

const HEX: &str = "0123456789abcdef";
const WORD: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const UPPER: &str = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Tokens as their issuers make them: what goes before, the alphabet, the length, what goes after.
const TOKENS: [(&str, &str, usize, &str); 40] = [
    ("AKIA", UPPER, 16, ""),
    ("ASIA", UPPER, 16, ""),
    ("ghp_", WORD, 36, ""),
    ("gho_", WORD, 36, ""),
    ("github_pat_", WORD, 82, ""),
    ("glpat-", WORD, 20, ""),
    ("xoxb-", WORD, 48, ""),
    ("xapp-1-A", WORD, 40, ""),
    ("sk_live_", WORD, 24, ""),
    ("rk_test_", WORD, 24, ""),
    ("AIza", WORD, 35, ""),
    ("GOCSPX-", WORD, 28, ""),
    ("sk-proj-", WORD, 48, ""),
    ("sk-ant-api03-", WORD, 93, "AA"),
    ("sk-or-v1-", HEX, 64, ""),
    ("hf_", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 34, ""),
    ("gsk_", WORD, 52, ""),
    ("npm_", WORD, 36, ""),
    ("pypi-AgEIcHlwaS5vcmc", WORD, 70, ""),
    ("rubygems_", HEX, 48, ""),
    ("dckr_pat_", WORD, 27, ""),
    ("SG.", WORD, 22, ".k7Qm2xVt9ZpL4wRb8NcY3HsuJ5fGd6TeXaB1vCqWz0M"),
    ("key-", HEX, 32, ""),
    ("dop_v1_", HEX, 64, ""),
    ("shpat_", HEX, 32, ""),
    ("sq0csp-", WORD, 43, ""),
    ("hvs.", WORD, 90, ""),
    ("dapi", HEX, 32, ""),
    ("lin_api_", WORD, 40, ""),
    ("figd_", WORD, 40, ""),
    ("NRAK-", UPPER, 27, ""),
    ("sntryu_", HEX, 64, ""),
    ("glsa_", WORD, 32, "_0a1b2c3d"),
    ("pul-", HEX, 40, ""),
    ("sbp_", HEX, 40, ""),
    ("dp.pt.", WORD, 43, ""),
    ("squ_", HEX, 40, ""),
    ("7654321098:AA", WORD, 33, ""),
    ("lsv2_pt_", HEX, 32, "_0a1b2c3d4e"),
    ("tskey-auth-", WORD, 12, "-k7Qm2xVt9ZpL4wRb8NcY3Hs"),
];

/// Where a secret stands in files.
const PLACES: [(&str, &str); 14] = [
    ("API_TOKEN=", "\n"),
    ("token: ", "\n"),
    ("{\"apiKey\": \"", "\"}"),
    ("const secret = '", "';"),
    ("let token = `", "`;"),
    ("curl -H \"Authorization: Bearer ", "\" https://garden.example"),
    ("https://garden.example/?token=", "&page=2"),
    ("<add key=\"Token\" value=\"", "\"/>"),
    ("<token>\n    ", "\n</token>"),
    ("12\tapi_token := \"", "\""),
    ("# was ", " before\n"),
    ("env.put(\"API_TOKEN\", \"", "\");"),
    ("\u{feff}clé — ", " — 鍵"),
    ("", ""),
];

#[test]
fn tokens_are_found_wherever_they_stand() {
    for (number, (start, alphabet, length, end)) in TOKENS.into_iter().enumerate() {
        let token = format!("{start}{}{end}", random(alphabet, length, number as u64));
        for (before, after) in PLACES {
            let text = format!("{before}{token}{after}");
            let found = secrets(&text);
            assert!(found.iter().any(|found| found.contains(&token)), "{text:?}: {found:?}");
        }
    }
}

#[test]
fn a_value_under_a_name_that_says_so_is_found_in_every_form_of_assignment() {
    let value = random(WORD, 32, 7);
    for (before, after) in PLACES.into_iter().take(4).chain([
        ("db_password = \"", "\""),
        ("'access_token' => '", "',"),
        ("secretKey := \"", "\""),
        ("MY_API_KEY ?= ", "\n"),
        ("postgres://anna:", "@db.local/garden"),
        ("client_secret: '", "'"),
        ("x-api-key: ", "\r\n"),
    ]) {
        let text = format!("{before}{value}{after}");
        assert_eq!(secrets(&text), [value.as_str()], "{text:?}");
    }
}

#[test]
fn a_private_key_is_found_whole_and_also_when_its_end_is_cut_off() {
    let body: String = (0..6).map(|line| random(WORD, 64, line) + "\n").collect();
    for kind in ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""] {
        let start = format!("-----BEGIN {kind}PRIVATE KEY-----\n{body}");
        let whole = format!("{start}-----END {kind}PRIVATE KEY-----");
        assert_eq!(secrets(&format!("a\n{whole}\nb")), [whole.as_str()]);
        assert!(secrets(&start).concat().contains(body.trim_end()), "{start}");
    }
    assert_eq!(secrets(&format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----")), [""; 0]);
}

#[test]
fn code_and_examples_are_no_secrets() {
    for text in [
        "const token = await getToken(user);",
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
        "password = os.environ['DB_PASSWORD']",
        "apiKey: process.env.OPENAI_API_KEY,",
        "let key = \"user.settings.theme.dark\";",
        "API_KEY=your-api-key-goes-here-1234",
        "\"integrity\": \"sha512-9dOHm6HlHgbJ3lYVsg6gBfHVb1kZr2TqXj5m0dPOzfkQq==\"",
        "token: 'xxxxxxxxxxxxxxxxxxxxxxxx'",
        "<input type=\"password\" autocomplete=\"current-password\" />",
        "fn access_token(&self) -> Option<&str>",
        "import { authenticate } from './auth/authenticate2';",
        "redis://user:password@127.0.0.1:6379/0",
    ] {
        assert_eq!(secrets(text), [""; 0], "{text}");
    }
}

#[test]
fn a_known_value_is_found_in_every_encoding() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let value = "tide/pool?7 & \"<clé>\" ~ 42";
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert!(percent.contains("%2F"));
    let query = "tide%2Fpool%3F7%20%26%20%22%3Ccl%C3%A9%3E%22%20~%2042";
    let mut redactor = Redactor::new("a", [value]);
    for form in [
        value.to_owned(),
        STANDARD.encode(value),
        URL_SAFE.encode(value),
        STANDARD.encode(format!("user:{value}")),
        STANDARD.encode(format!("me:{value}:")),
        hex.clone(),
        hex.to_uppercase(),
        query.to_owned(),
        serde_json::json!(value).to_string(),
        "tide/pool?7 &amp; &quot;&lt;clé&gt;&quot; ~ 42".to_owned(),
    ] {
        let text = format!("before {form} after");
        let clean = redactor.redact(&text).into_owned();
        assert!(clean.contains("⟦secret:known-value:"), "{form}");
        assert_eq!(redactor.restore(&clean).unwrap(), text);
        // At most the characters that share bits with what stands before and after are left.
        assert!(clean.len() < "before ⟦secret:known-value:12345678⟧ after".len() + 20, "{clean}");
    }
}

#[test]
fn a_placeholder_is_the_same_in_another_process_and_another_in_another_conversation() {
    let text = format!("token = \"ghp_{}\"", random(WORD, 36, 1));
    let redact = |conversation| Redactor::new(conversation, []).redact(&text).into_owned();
    assert_eq!(redact("a"), redact("a"));
    assert_ne!(redact("a"), redact("b"));
}

#[test]
fn what_stands_for_nothing_is_refused_and_so_is_what_has_several_lines() {
    let mut redactor = Redactor::new("a", []);
    for text in ["⟦secret:github-token:00000000⟧", "⟦secret:", "a ⟦secret:x\nb"] {
        assert!(matches!(redactor.restore(text), Err(Unrestorable::Unknown(_))), "{text}");
    }
    let body: String = (0..3).map(|line| random(WORD, 64, line) + "\n").collect();
    let key = format!("-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----");
    let clean = redactor.redact(&key).into_owned();
    assert!(matches!(redactor.restore(&clean), Err(Unrestorable::Lines(_))));
    assert_eq!(redactor.take_news(), ["private-key"]);
    assert_eq!(redactor.take_news(), [""; 0], "told once");
}

proptest! {
    /// Whatever the text, and wherever in it a secret stands.
    #[test]
    fn restoring_what_was_redacted_gives_the_text(before in "\\PC{0,40}", after in "\\PC{0,40}", seed: u64) {
        prop_assume!(!before.contains('⟦') && !after.contains('⟦'));
        let text = format!("{before} ghp_{} {after}", random(WORD, 36, seed));
        let mut redactor = Redactor::new("a", ["correct horse"]);
        let clean = redactor.redact(&text).into_owned();
        prop_assert!(!clean.contains("ghp_"));
        prop_assert_eq!(redactor.restore(&clean).unwrap(), text);
    }

    #[test]
    fn no_text_breaks_the_search(text in "(?s).{0,400}") {
        for found in scan(&text) {
            prop_assert!(text.get(found.place).is_some());
        }
    }
}
