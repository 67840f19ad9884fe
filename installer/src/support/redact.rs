//! What support must not see and what it need not: secrets by the shape of what surrounds them and by
//! their entropy, people and hosts under other names.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Counts, Pseudonyms};

/// Shorter words carry too little to be a secret that a program made.
const LONG: usize = 24;
/// Bits for each character; English has about four, less what a name repeats.
const DENSE: f64 = 4.0;

static PRIVATE_KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)",
    )
    .ok()
});
static TOOL_KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"AGE-SECRET-KEY-[A-Z0-9-]+|RWR[A-Za-z0-9+/]{100,}=*").ok());
static JWT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*").ok());
static HEADER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)\b((?:proxy-)?authorization|set-cookie|cookie|x-[a-z-]*token)(\\?["']?\s*[:=]\s*\\?["']?)([^\r\n"'\\]+)"#,
    )
    .ok()
});
static USER_INFO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\b([a-z][a-z0-9+.-]*://[^/\s:@"']*:)([^/\s@"']+)(@)"#).ok());
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)([a-z0-9_.-]*(?:password|passwd|secret|token|api[_-]?key|master[_-]?key|private[_-]?key))(\\?["']?\s*[:=]\s*\\?["']?)([^\s"',;}\\]+)"#,
    )
    .ok()
});
static MAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+").ok());
static IPV4: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b").ok());
static IPV6: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}").ok());
static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(sha\d+[:-])?([A-Za-z0-9+_-]{20,}={0,2})").ok());
static UUID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$").ok()
});

/// Redacts texts, always in the same way.
pub(crate) struct Redactor {
    pseudonyms: Pseudonyms,
    /// Names of this host, in lower case.
    hosts: Vec<String>,
    /// Identifiers that look like secrets and are none: of images, of containers.
    harmless: BTreeSet<String>,
}

impl Redactor {
    pub(crate) fn new(pseudonyms: Pseudonyms, mut hosts: Vec<String>) -> Self {
        hosts.retain(|host| host.len() > 1 && host != "localhost");
        hosts
            .iter_mut()
            .for_each(|host| host.make_ascii_lowercase());
        Self {
            pseudonyms,
            hosts,
            harmless: BTreeSet::new(),
        }
    }

    /// Says that an identifier is no secret.
    pub(crate) fn spare(&mut self, id: &str) {
        let plain = id.rsplit(':').next().unwrap_or(id);
        self.harmless.insert(plain.to_owned());
        self.harmless.extend(plain.get(..12).map(str::to_owned));
    }

    /// What people and programs wrote: everything is looked at.
    pub(crate) fn text(&self, text: &str) -> (String, Counts) {
        let (text, mut counts) = self.document(text);
        let text = replace(
            &WORD,
            &text,
            |found| self.word(found),
            "high entropy",
            &mut counts,
        );
        (text, counts)
    }

    /// A document of ours that consists of digests: what surrounds a secret is looked for, not what
    /// looks like one.
    pub(crate) fn document(&self, text: &str) -> (String, Counts) {
        let mut counts = Counts::new();
        let gone = |word: &'static str| move |_: &Captures<'_>| Some(word.to_owned());
        let text = replace(
            &PRIVATE_KEY,
            text,
            gone("[private key]"),
            "private key",
            &mut counts,
        );
        let text = replace(
            &TOOL_KEY,
            &text,
            gone("[private key]"),
            "private key",
            &mut counts,
        );
        let text = replace(&JWT, &text, gone("[token]"), "token", &mut counts);
        let text = replace(
            &HEADER,
            &text,
            |found| Some(kept(found, "[header]", "")),
            "header",
            &mut counts,
        );
        let user_info = |found: &Captures<'_>| {
            let (before, after) = (group(found, 1), group(found, 3));
            Some(format!("{before}[password]{after}"))
        };
        let text = replace(
            &USER_INFO,
            &text,
            user_info,
            "password in a URL",
            &mut counts,
        );
        let text = replace(&NAMED, &text, named, "named secret", &mut counts);
        let mail = |found: &Captures<'_>| {
            Some(
                self.pseudonyms
                    .name("mail", &group(found, 0).to_lowercase()),
            )
        };
        let text = replace(&MAIL, &text, mail, "mail address", &mut counts);
        let text = replace(
            &IPV4,
            &text,
            |found| self.ipv4(found),
            "IP address",
            &mut counts,
        );
        let text = replace(
            &IPV6,
            &text,
            |found| self.ipv6(found),
            "IP address",
            &mut counts,
        );
        (self.without_hosts(text, &mut counts), counts)
    }

    fn ipv4(&self, found: &Captures<'_>) -> Option<String> {
        let address: Ipv4Addr = group(found, 0).parse().ok()?;
        let harmless = address.is_loopback() || address.is_unspecified();
        (!harmless).then(|| self.pseudonyms.name("ip", &address.to_string()))
    }

    fn ipv6(&self, found: &Captures<'_>) -> Option<String> {
        let address: Ipv6Addr = group(found, 0).parse().ok()?;
        let harmless = address.is_loopback() || address.is_unspecified();
        (!harmless).then(|| self.pseudonyms.name("ip", &address.to_string()))
    }

    fn without_hosts(&self, text: String, counts: &mut Counts) -> String {
        let mut text = text;
        for host in &self.hosts {
            let Ok(pattern) = Regex::new(&format!(r"(?i)\b{}\b", regex::escape(host))) else {
                continue;
            };
            let found = pattern.find_iter(&text).count() as u64;
            if found > 0 {
                *counts.entry("host name").or_default() += found;
                let name = self.pseudonyms.name("host", host);
                text = pattern.replace_all(&text, name.as_str()).into_owned();
            }
        }
        text
    }

    fn word(&self, found: &Captures<'_>) -> Option<String> {
        let word = group(found, 2);
        let harmless = found.get(1).is_some()
            || self.harmless.contains(word)
            || UUID.as_ref().is_some_and(|uuid| uuid.is_match(word));
        (!harmless && looks_secret(word)).then(|| {
            let prefix = group(found, 1);
            format!("{prefix}{}", self.pseudonyms.name("secret", word))
        })
    }
}

/// Long, dense, and mixed as only programs mix.
fn looks_secret(word: &str) -> bool {
    let count = |class: fn(&u8) -> bool| word.bytes().filter(class).count();
    let digits = count(u8::is_ascii_digit);
    if word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return digits >= 4;
    }
    let (upper, lower) = (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let cases = upper >= 3 && lower >= 3 && (digits >= 1 || word.len() >= 40);
    let mixed = cases || digits >= 4;
    word.len() >= LONG && mixed && entropy(word) >= DENSE
}

/// Shannon's entropy of the characters, in bits for each.
#[expect(clippy::cast_precision_loss, reason = "words are short")]
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in word.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = word.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0);
    shares
        .map(|&count| f64::from(count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

fn named(found: &Captures<'_>) -> Option<String> {
    let value = group(found, 3);
    let empty = ["true", "false", "null", "none", "[password]", "[header]"];
    // The path of a file with a secret is none, nor is the name of a variable.
    let path = ["/", "./", "${"]
        .iter()
        .any(|start| value.starts_with(start));
    if path || empty.contains(&value.to_ascii_lowercase().as_str()) || value.starts_with('[') {
        return None;
    }
    Some(kept(found, "[secret]", ""))
}

/// The match with its third group replaced.
fn kept(found: &Captures<'_>, word: &str, after: &str) -> String {
    format!("{}{}{word}{after}", group(found, 1), group(found, 2))
}

fn group<'a>(found: &Captures<'a>, number: usize) -> &'a str {
    found.get(number).map_or("", |found| found.as_str())
}

/// Replaces what `with` has something for, and counts it.
fn replace(
    pattern: &Option<Regex>,
    text: &str,
    with: impl Fn(&Captures<'_>) -> Option<String>,
    what: &'static str,
    counts: &mut Counts,
) -> String {
    let Some(pattern) = pattern else {
        // A pattern that does not compile is found by the tests; nothing passes by it.
        return String::new();
    };
    let mut count = 0;
    let replaced = pattern.replace_all(text, |found: &Captures<'_>| match with(found) {
        Some(other) => {
            count += 1;
            other
        }
        None => group(found, 0).to_owned(),
    });
    if count > 0 {
        *counts.entry(what).or_default() += count;
    }
    replaced.into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Redactor;
    use crate::layout::Layout;
    use crate::support::Pseudonyms;

    fn redactor() -> Redactor {
        let dir = tempfile::tempdir().unwrap();
        let pseudonyms = Pseudonyms::of(&Layout::new(dir.path()).unwrap()).unwrap();
        Redactor::new(
            pseudonyms,
            vec!["Vault01".into(), "vault.example.com".into()],
        )
    }

    #[test]
    fn what_surrounds_a_secret_gives_it_away() {
        let redactor = redactor();
        let jwt = format!("eyJhbGciOiJIUzI1NiJ9.{}.sig", "eyJzdWIiOiJ4In0");
        let age = format!("AGE-SECRET-KEY-1{}", "Q".repeat(58));
        let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----";
        for (line, secret) in [
            ("Authorization: Bearer abcdefgh", "abcdefgh"),
            (r#"{"cookie":"vt_session=xyz; a=b"}"#, "xyz"),
            ("postgres://app:hunter22@db:5432/x", "hunter22"),
            ("DATABASE_PASSWORD=hunter22", "hunter22"),
            (r#""admin_token": "hunter22""#, "hunter22"),
            ("api-key: hunter22", "hunter22"),
            (&jwt, "eyJzdWIi"),
            (&age, "QQQQ"),
            (pem, "b3BlbnNz"),
            ("from anna@example.org to", "anna"),
            ("peer 10.1.2.3:4000", "10.1.2.3"),
            ("peer [fe80::1:2]:4000", "fe80::1:2"),
            ("on VAULT01 now", "VAULT01"),
            ("https://vault.example.com/x", "vault.example"),
        ] {
            let (text, counts) = redactor.text(line);
            assert!(!text.contains(secret), "{text}");
            assert_eq!(counts.values().sum::<u64>(), 1, "{line}: {text} {counts:?}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let mut redactor = redactor();
        let id = "4e1a24e3dfacb4213b651e7233eee4aeea6cd2c8cc2f5bea214dbdf548353da6";
        redactor.spare(id);
        for line in [
            "MASTER_KEY_FILE=./secrets/master_key",
            "MASTER_KEY: ${MASTER_KEY:-}",
            "ADMIN_TOKEN_FILE: /run/secrets/admin_token",
            &format!("image sha256:{id}"),
            &format!("container {id} and {}", &id[..12]),
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "listening on 127.0.0.1:4000 and [::1]:4000",
            "com.docker.compose.project.config_files",
            "an-ordinary-name-of-some-container-network",
            "2026-11-24T05:40:08.123456789Z",
            "org.opencontainers.image.created",
            "SELECT_SOMETHING_FROM_ORGANIZATION_DIRECTORY",
            "ADMIN_PUBLISHED_PORT=4100",
        ] {
            let (text, counts) = redactor.text(line);
            assert_eq!(text, line, "{counts:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_program_made_is_found_by_its_entropy(seed in any::<u64>()) {
            use base64::Engine as _;
            use sha2::Digest as _;
            let bytes = sha2::Sha256::digest(seed.to_le_bytes());
            let redactor = redactor();
            let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
            let (text, _) = redactor.text(&format!("made {token} just now"));
            prop_assert!(!text.contains(&token), "{text}");
            let hex = hex::encode(bytes);
            let (text, _) = redactor.text(&format!("made {hex} just now"));
            prop_assert!(!text.contains(&hex), "{text}");
        }
    }
}
