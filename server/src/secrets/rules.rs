//! What secrets look like: the shapes that their issuers publish, and values under names that say what they are.
//!
//! One pass finds the words with which a shape begins; a shape is tried only there, over a bounded stretch, so that the
//! work is linear in the text.

use super::Found;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};
use std::sync::{LazyLock, OnceLock};

/// Bytes after a word that a shape may take; a private key takes the longest.
const REACH: usize = 400;
const KEY_REACH: usize = 16 << 10;

/// A shape. Its group 1, where it has one, is the secret; else all of it is.
struct Rule {
    kind: &'static str,
    words: &'static [&'static str],
    shape: &'static str,
    /// Bits a character that the secret has at least: what people type as an example has less.
    entropy: f64,
    begins: Begins,
}

/// Where a shape begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// At its word, before which stands no letter or digit.
    AtWord,
    /// At its word, whatever stands before it.
    Anywhere,
    /// At the run of letters, digits and `-_.~` that goes before its word.
    Before,
}

const fn token(kind: &'static str, words: &'static [&'static str], shape: &'static str) -> Rule {
    Rule { kind, words, shape, entropy: 2.5, begins: Begins::AtWord }
}
const fn middle(kind: &'static str, words: &'static [&'static str], shape: &'static str) -> Rule {
    Rule { kind, words, shape, entropy: 2.5, begins: Begins::Before }
}
const fn named(
    kind: &'static str,
    words: &'static [&'static str],
    shape: &'static str,
    entropy: f64,
) -> Rule {
    Rule { kind, words, shape, entropy, begins: Begins::Anywhere }
}

const RULES: &[Rule] = &[
    token("aws-access-key", &["AKIA", "ASIA", "ABIA", "ACCA", "A3T"], r"^[A-Z0-9]{4}[A-Z2-7]{16}\b"),
    token("aws-bedrock-key", &["ABSK"], r"^ABSK[A-Za-z0-9+/]{109,269}={0,2}"),
    token("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"^gh[pousr]_[A-Za-z0-9]{36,255}"),
    token("github-token", &["github_pat_"], r"^github_pat_\w{22,255}"),
    token(
        "gitlab-token",
        &[
            "glpat-",
            "gldt-",
            "glft-",
            "glrt-",
            "glcbt-",
            "glptt-",
            "glsoat-",
            "glimt-",
            "glagent-",
            "gloas-",
            "GR1348941",
        ],
        r"^(?:gl[a-z]{2,5}-|GR1348941)[\w.\-]{20,128}",
    ),
    token(
        "slack-token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.", "xapp-"],
        r"^(?:xox[a-z](?:\.xox[bp])?|xapp)-[A-Za-z0-9\-]{16,220}",
    ),
    token(
        "slack-webhook",
        &["hooks.slack.com/"],
        r"^hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{30,100}",
    ),
    token(
        "teams-webhook",
        &["webhook.office.com/webhookb2/"],
        r"^webhook\.office\.com/webhookb2/[\w@\-]{36,80}/IncomingWebhook/[a-f0-9]{32}/[\w\-]{36}",
    ),
    token(
        "stripe-key",
        &["sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_", "whsec_"],
        r"^(?:[sr]k_(?:live|test|prod)|whsec)_[A-Za-z0-9+/=]{10,250}",
    ),
    token("google-key", &["AIza"], r"^AIza[\w\-]{35}"),
    token("google-oauth", &["GOCSPX-", "ya29."], r"^(?:GOCSPX-[\w\-]{28}|ya29\.[\w\-]{20,300})"),
    token(
        "openai-key",
        &["sk-"],
        r"^sk-(?:(?:proj|svcacct|admin|None)-[\w\-]{20,220}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{32,64}\b)",
    ),
    token("anthropic-key", &["sk-ant-"], r"^sk-ant-[a-z0-9]{3,12}-[\w\-]{60,128}"),
    token("openrouter-key", &["sk-or-v1-"], r"^sk-or-v1-[a-f0-9]{64}"),
    token("hugging-face-token", &["hf_", "api_org_"], r"^(?:hf|api_org)_[A-Za-z]{34}\b"),
    token("groq-key", &["gsk_"], r"^gsk_[A-Za-z0-9]{52}"),
    token("xai-key", &["xai-"], r"^xai-[A-Za-z0-9]{70,90}"),
    token("perplexity-key", &["pplx-"], r"^pplx-[A-Za-z0-9]{40,64}"),
    token("replicate-token", &["r8_"], r"^r8_[A-Za-z0-9]{37}\b"),
    token("npm-token", &["npm_"], r"^npm_[A-Za-z0-9]{36}"),
    token("pypi-token", &["pypi-"], r"^pypi-AgE[\w\-]{50,300}"),
    token("rubygems-key", &["rubygems_"], r"^rubygems_[a-f0-9]{48}"),
    token("crates-io-token", &["cio"], r"^cio[A-Za-z0-9]{32}\b"),
    token("clojars-token", &["CLOJARS_"], r"(?i)^CLOJARS_[a-z0-9]{60}"),
    token("docker-token", &["dckr_pat_", "dckr_oat_"], r"^dckr_[po]at_[\w\-]{20,40}"),
    token("sendgrid-key", &["SG."], r"^SG\.[\w\-]{20,24}\.[\w\-]{39,50}"),
    token("sendinblue-key", &["xkeysib-"], r"^xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    token("twilio-key", &["SK"], r"^SK[0-9a-f]{32}\b"),
    token("mailgun-key", &["key-", "pubkey-"], r"^(?:pub)?key-[a-f0-9]{32}\b"),
    token("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"^do[opr]_v1_[a-f0-9]{64}"),
    token(
        "shopify-token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"(?i)^shp(?:at|ca|pa|ss)_[a-f0-9]{32}",
    ),
    token(
        "square-token",
        &["sq0atp-", "sq0csp-", "sq0idp-", "EAAA"],
        r"^(?:sq0[a-z]{3}-[\w\-]{22,43}|EAAA[\w\-+=]{60})",
    ),
    token("facebook-token", &["EAA"], r"^EAA[MC][A-Za-z0-9]{100,300}"),
    token(
        "flutterwave-key",
        &["FLWSECK", "FLWPUBK"],
        r"^FLW(?:SEC|PUB)K(?:_TEST|_LIVE)?-[A-Za-z0-9]{12,40}(?:-X)?",
    ),
    token(
        "discord-webhook",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"^discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w\-]{60,80}",
    ),
    token("jwt", &["ey"], r"^ey[A-Za-z0-9]{15,}\.ey[\w/+\-]{15,}\.[\w/+\-]{10,}={0,2}"),
    token(
        "grafana-token",
        &["glc_", "glsa_", "eyJrIjoi"],
        r"^(?:glc_[A-Za-z0-9+/]{32,300}={0,2}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|eyJrIjoi[A-Za-z0-9]{70,300}={0,2})",
    ),
    token("vault-token", &["hvs.", "hvb.", "hvr."], r"^hv[sbr]\.[\w\-]{24,300}"),
    token("pulumi-token", &["pul-"], r"^pul-[a-f0-9]{40}"),
    token(
        "doppler-token",
        &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim."],
        r"^dp\.[a-z]{2,4}\.(?:[a-z0-9_\-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    ),
    token("infracost-key", &["ico-"], r"^ico-[A-Za-z0-9]{32}\b"),
    token("prefect-key", &["pnu_", "pnb_"], r"^pn[ub]_[A-Za-z0-9]{36}"),
    token("databricks-token", &["dapi"], r"^dapi[a-f0-9]{32}(?:-\d)?\b"),
    token(
        "planetscale-token",
        &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"],
        r"(?i)^pscale_(?:tkn|pw|oauth)_[\w=.\-]{32,64}",
    ),
    token("supabase-token", &["sbp_", "sb_secret_"], r"^(?:sbp_[a-f0-9]{40}|sb_secret_[\w\-]{20,60})"),
    token(
        "fly-token",
        &["FlyV1 ", "fm1r_", "fm1a_", "fm2_"],
        r"^(?:FlyV1 )?fm\d[ra]?_[A-Za-z0-9+/]{100,}={0,3}",
    ),
    token("fly-token", &["fo1_"], r"^fo1_[\w\-]{43}"),
    token("heroku-key", &["HRKU-"], r"^HRKU-AA[\w\-]{58}"),
    token("netlify-token", &["nfp_"], r"^nfp_[A-Za-z0-9]{36,40}"),
    token("linear-key", &["lin_api_", "lin_oauth_"], r"(?i)^lin_(?:api|oauth)_[a-z0-9]{40,64}"),
    token(
        "notion-token",
        &["ntn_", "secret_"],
        r"^(?:ntn_[0-9]{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43}\b)",
    ),
    token("figma-token", &["figd_", "figu_"], r"^fig[du]_[\w\-]{36,44}"),
    token("postman-key", &["PMAK-"], r"(?i)^PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    token(
        "newrelic-key",
        &["NRAK-", "NRAL-", "NRII-", "NRJS-", "NRIQ-"],
        r"(?i)^NR(?:AK|AL|II|JS|IQ)-[a-z0-9\-]{19,42}",
    ),
    token("sentry-token", &["sntrys_", "sntryu_"], r"^(?:sntryu_[a-f0-9]{64}|sntrys_[\w+/=\-]{40,350})"),
    token("sonar-token", &["squ_", "sqp_", "sqa_"], r"^sq[upa]_[a-f0-9]{40}"),
    token(
        "atlassian-token",
        &["ATATT3", "ATCTT3", "ATBB"],
        r"^(?:AT[AC]TT3[\w\-=]{60,250}|ATBB[A-Za-z0-9]{32})",
    ),
    token("artifactory-key", &["AKCp", "cmVmd"], r"^(?:AKCp[A-Za-z0-9]{69}\b|cmVmd[A-Za-z0-9]{59}\b)"),
    token("age-key", &["AGE-SECRET-KEY-1"], r"^AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    token(
        "1password-token",
        &["ops_eyJ", "A3-"],
        r"^(?:ops_eyJ[A-Za-z0-9+/]{250,}={0,3}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}\b)",
    ),
    token("easypost-key", &["EZAK", "EZTK"], r"^EZ[AT]K[A-Za-z0-9]{54}\b"),
    token("duffel-token", &["duffel_"], r"^duffel_(?:test|live)_[\w\-=]{43}"),
    token("dynatrace-token", &["dt0c01."], r"(?i)^dt0c01\.[a-z0-9]{24}\.[a-z0-9]{64}"),
    token("frameio-token", &["fio-u-"], r"(?i)^fio-u-[a-z0-9\-_=]{64}"),
    token("readme-key", &["rdme_"], r"^rdme_[a-z0-9]{70}"),
    token("scalingo-token", &["tk-us-"], r"^tk-us-[\w\-]{48}"),
    token("shippo-token", &["shippo_"], r"^shippo_(?:live|test)_[a-fA-F0-9]{40}"),
    token("typeform-token", &["tfp_"], r"(?i)^tfp_[a-z0-9\-_.=]{59}"),
    token("adobe-secret", &["p8e-", "p8E-"], r"(?i)^p8e-[a-z0-9]{32}"),
    token("alibaba-key", &["LTAI"], r"^LTAI[A-Za-z0-9]{17,24}\b"),
    token(
        "yandex-key",
        &["AQVN", "t1.", "YC"],
        r"^(?:AQVN[\w\-]{35,38}|t1\.[A-Z0-9a-z_\-]+={0,2}\.[\w\-]{86}={0,2}|YC[\w\-]{38}\b)",
    ),
    token("cloudflare-origin-ca-key", &["v1.0-"], r"^v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    token("harness-key", &["pat.", "sat."], r"^[ps]at\.[\w\-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}\b"),
    token("okta-token", &["00"], r"^00[\w\-]{40}\b"),
    token("octopus-key", &["API-"], r"^API-[A-Z0-9]{26}\b"),
    token("intra42-secret", &["s-s4t2"], r"^s-s4t2(?:ud|af)-[a-f0-9]{64}"),
    token("openshift-token", &["sha256~"], r"^sha256~[\w\-]{43}\b"),
    token(
        "sourcegraph-token",
        &["sgp_", "slk_"],
        r"^(?:sgp|slk)_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40,64}\b",
    ),
    named(
        "sidekiq-secret",
        &["contribsys"],
        r#"(?i)^contribsys(?:__com|\.com)?\w{0,8}[ \w]{0,8}["'>]?[ \s:=?>,]{0,10}["'\x60]?([a-f0-9]{8}:[a-f0-9]{8})\b"#,
        2.5,
    ),
    token("gitea-token", &["gta_"], r"^gta_[a-f0-9]{40}"),
    token("deepseek-key", &["dsk-"], r"^dsk-[a-f0-9]{32,64}"),
    token("langsmith-key", &["lsv2_"], r"^lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    token("resend-key", &["re_"], r"^re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}\b"),
    token("tailscale-key", &["tskey-"], r"^tskey-[a-z]+-[A-Za-z0-9]{8,40}-[A-Za-z0-9]{20,60}"),
    named(
        "azure-account-key",
        &["AccountKey=", "SharedAccessKey="],
        r"^[A-Za-z]{10,15}=([A-Za-z0-9+/]{42,88}={0,2})",
        3.5,
    ),
    named(
        "authorization-header",
        &["authorization", "x-api-key", "x-auth-token"],
        r#"(?i)^[a-z\-]{9,13}["']?\s{0,2}[:=]\s{0,2}["']?(?:bearer|basic|token|apikey)?\s{0,2}([\w.~+/\-]{16,300}={0,2})"#,
        3.3,
    ),
    named(
        "password-in-address",
        &["://"],
        r#"^://[^\s/:@"'<>{}$`]{0,64}:([^\s/:@"'<>{}$`*%]{6,128}|[^\s/:@"'<>{}$`*]*%[0-9A-F]{2}[^\s/:@"'<>{}$`*]{3,128})@[\w.\-\[]"#,
        2.7,
    ),
    named(
        "password-of-curl",
        &["curl "],
        r#"^curl [^\n]{0,200}?(?:-u|--user)[= ]{1,3}["']?[\w.\-@]{1,64}:([^\s"'$<{]{6,128})"#,
        2.7,
    ),
    middle("mailchimp-key", &["-us"], r"^[a-f0-9]{32}-us\d{1,2}\b"),
    middle("telegram-token", &[":AA"], r"^\d{5,16}:AA[\w\-]{32,34}\b"),
    middle("terraform-token", &[".atlasv1."], r"(?i)^[a-z0-9]{14}\.atlasv1\.[a-z0-9\-_=]{60,70}"),
    middle("maxmind-key", &["_mmk"], r"^[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk\b"),
    middle("azure-secret", &["Q~"], r"^[\w~.]{3}\dQ~[\w~.\-]{31,34}"),
    named(
        "private-key",
        &["-----BEGIN"],
        r"^-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]{16,}(?:-----END[A-Z0-9 ]{0,40}-----)?",
        0.0,
    ),
    named(
        "named-secret",
        &[
            "access",
            "auth",
            "api",
            "credential",
            "creds",
            "key",
            "passw",
            "passphrase",
            "pwd",
            "secret",
            "token",
            "webhook",
            "dsn",
        ],
        NAMED,
        3.0,
    ),
];

/// A name that goes on after one of the words, a sign of assignment, and a value up to a quote, a semicolon or white space.
const NAMED: &str = r#"(?i)^[a-z]{3,10}[ \t\w.\-]{0,24}['"\]\)]{0,3}\s{0,3}(?:=>|:{1,3}=|\|\||\?=|[=>:,\(])[\x60'"\s=]{0,8}(?:bearer |basic |token )?([\w.=+/~@!#%^&*\-]{10,160})(?:[\x60'"\s;,)<]|\\[nr"']|$)"#;

/// The words of all rules, and which rule each belongs to.
struct Words {
    finder: AhoCorasick,
    rules: Vec<usize>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let of_words =
        RULES.iter().enumerate().flat_map(|(index, rule)| rule.words.iter().map(move |word| (*word, index)));
    let (words, rules): (Vec<_>, Vec<_>) = of_words.unzip();
    let finder = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("the words are few");
    Words { finder, rules }
});

/// The shapes as far as their words were met: most never are, and making all takes longer than looking.
static SHAPES: [OnceLock<Regex>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];

/// Over bytes: classes of all of Unicode, repeated, would take megabytes.
fn compiled(shape: &str) -> Regex {
    RegexBuilder::new(shape).unicode(false).build().expect("a test compiles every shape")
}

/// What looks like a secret, in the order of the words; places may overlap.
pub(super) fn find(text: &str) -> Vec<Found> {
    let Words { finder, rules } = &*WORDS;
    let mut found = Vec::new();
    for hit in finder.find_overlapping_iter(text) {
        let index = rules[hit.pattern().as_usize()];
        let rule = &RULES[index];
        let start = match rule.begins {
            Begins::AtWord if text[..hit.start()].ends_with(|c: char| c.is_ascii_alphanumeric()) => continue,
            Begins::AtWord | Begins::Anywhere => hit.start(),
            Begins::Before => run_before(text, hit.start()),
        };
        let reach = if rule.kind == "private-key" { KEY_REACH } else { REACH };
        let end = text.floor_char_boundary((start + reach).min(text.len()));
        let shape = SHAPES[index].get_or_init(|| compiled(rule.shape));
        let Some(groups) = shape.captures(&text.as_bytes()[start..end]) else { continue };
        let secret = groups.get(1).or_else(|| groups.get(0)).expect("group 0 is the whole").range();
        let place = start + secret.start..text.ceil_char_boundary(start + secret.end);
        let secret = &text[place.clone()];
        if entropy(secret) >= rule.entropy && !is_example(rule, &text[start..place.start], secret) {
            found.push(Found { place, kind: rule.kind });
        }
    }
    found
}

/// Where the run of token characters begins that ends at `end`.
fn run_before(text: &str, end: usize) -> usize {
    let run = text.as_bytes()[..end].iter().rev().take(64);
    end - run.take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte)).count()
}

/// Shannon's entropy of the bytes, in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = text.len() as f64;
    let bits = |count: &u32| -f64::from(*count) / all * (f64::from(*count) / all).log2();
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

/// What is typed where a secret belongs, and what only looks like one because of its name.
fn is_example(rule: &Rule, name: &str, secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    if EXAMPLES.iter().any(|word| lower.contains(word)) || lower == "password" || is_one_character(secret) {
        return true;
    }
    if !["named-secret", "authorization-header"].contains(&rule.kind) {
        return false;
    }
    let letters = secret.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = secret.bytes().filter(u8::is_ascii_digit).count();
    let name = name.to_ascii_lowercase();
    let says_secret =
        ["secret", "token", "api", "passw", "authorization"].iter().any(|word| name.contains(word));
    letters < 3
        || digits < 2.max(secret.len() / 12)
        || entropy(secret) < if says_secret { 3.2 } else { 3.5 }
        || name.trim_end().ends_with([',', '('])
        || words_in(secret) * 3 > secret.len() * 2
        || (is_uuid(secret) && !says_secret)
        || CODE.iter().any(|code| secret.contains(code))
        || NAMES.iter().any(|no_secret| name.contains(no_secret))
}

/// Words in what stands for a secret in documents and templates.
const EXAMPLES: [&str; 10] = [
    "example",
    "your",
    "xxxx",
    "sample",
    "dummy",
    "placeholder",
    "redacted",
    "changeme",
    "00000000",
    "12345678",
];
/// Parts of expressions.
const CODE: [&str; 7] = ["://", "::", "->", "&&", "**", "process.env", "=="];
/// Names that hold one of the words and no secret.
const NAMES: [&str; 16] = [
    "public",
    "keyboard",
    "keycode",
    "keyframe",
    "keyid",
    "key_id",
    "keyname",
    "author",
    "tokeniz",
    "csrf",
    "access_log",
    "checksum",
    "integrity",
    "hash",
    "digest",
    "accessor",
];

fn is_one_character(text: &str) -> bool {
    text.len() > 4 && text.bytes().all(|byte| Some(&byte) == text.as_bytes().last())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Bytes in runs of five or more letters that read as words: of one case, or with a capital first, and with vowels.
fn words_in(text: &str) -> usize {
    let is_word = |run: &str| {
        let vowels = run.bytes().filter(|byte| b"aeiouyAEIOUY".contains(byte)).count();
        run.len() >= 5 && vowels * 4 >= run.len() && vowels * 3 <= run.len() * 2
    };
    let mut runs = Vec::new();
    let mut start = 0;
    let bytes = text.as_bytes();
    for at in 1..=bytes.len() {
        let goes_on = at < bytes.len()
            && bytes[at].is_ascii_alphabetic()
            && bytes[at - 1].is_ascii_alphabetic()
            && (bytes[at].is_ascii_lowercase() || bytes[at - 1].is_ascii_uppercase());
        if !goes_on {
            runs.push(&text[start..at]);
            start = at;
        }
    }
    runs.iter().filter(|run| is_word(run)).map(|run| run.len()).sum()
}
