//! The search for secrets, in every shape in which a program might have written them down.

use std::io::{self, Read};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::Known;

/// A shape that is shorter is no proof of anything.
const SHORTEST: usize = 6;

/// The shapes of all secrets, ready to be looked for in one pass.
pub(super) struct Search {
    automaton: AhoCorasick,
    /// The secret that each shape is of.
    owners: Vec<usize>,
}

/// A secret was found: which one, and where its shape ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) secret: usize,
    pub(super) end: u64,
}

impl Search {
    /// # Errors
    /// When there are too many to look for.
    pub(super) fn new(known: &[Known]) -> io::Result<Self> {
        let (mut all, mut owners) = (Vec::new(), Vec::new());
        for (number, secret) in known.iter().enumerate() {
            for shape in shapes(&secret.value) {
                all.push(shape);
                owners.push(number);
            }
        }
        let automaton = AhoCorasick::new(all).map_err(io::Error::other)?;
        Ok(Self { automaton, owners })
    }

    /// Reads everything once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn find(&self, bytes: impl Read) -> io::Result<Option<Hit>> {
        match self.automaton.stream_find_iter(bytes).next() {
            None => Ok(None),
            Some(found) => {
                let found = found?;
                let secret = self.owners.get(found.pattern().as_usize());
                Ok(Some(Hit {
                    secret: secret.copied().unwrap_or_default(),
                    end: found.end() as u64,
                }))
            }
        }
    }
}

/// A secret as it is, in base64 wherever it begins, in hexadecimal, in a URL and in JSON.
fn shapes(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut shapes = vec![
        secret.to_vec(),
        hex::encode(secret).into_bytes(),
        hex::encode_upper(secret).into_bytes(),
        in_url(secret, false),
        in_url(secret, true),
    ];
    for before in 0..3 {
        shapes.push(in_base64(secret, before, false));
        shapes.push(in_base64(secret, before, true));
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        let quoted = serde_json::to_string(text).unwrap_or_default();
        let inner = quoted.trim_matches('"').to_owned();
        shapes.push(inner.replace('/', "\\/").into_bytes());
        shapes.push(inner.into_bytes());
    }
    shapes.retain(|shape| shape.len() >= SHORTEST);
    shapes.sort();
    shapes.dedup();
    shapes
}

/// What base64 makes of a secret behind `before` other bytes, without the characters that depend on
/// what stands before and after (RFC 4648, 4 and 5).
fn in_base64(secret: &[u8], before: usize, for_urls: bool) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(&0, before)
        .chain(secret)
        .copied()
        .collect();
    let text = if for_urls {
        URL_SAFE_NO_PAD.encode(&padded)
    } else {
        STANDARD_NO_PAD.encode(&padded)
    };
    let start = (before * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    text.get(start..end).unwrap_or_default().as_bytes().to_vec()
}

/// RFC 3986, 2.1: everything but the unreserved characters.
fn in_url(secret: &[u8], upper: bool) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in secret {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(byte);
        } else if upper {
            text.extend(format!("%{byte:02X}").into_bytes());
        } else {
            text.extend(format!("%{byte:02x}").into_bytes());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::{Hit, Search};
    use crate::support::Known;

    fn search(secrets: &[&[u8]]) -> Search {
        let known: Vec<Known> = secrets
            .iter()
            .map(|secret| Known {
                name: "x".into(),
                value: Zeroizing::new(secret.to_vec()),
            })
            .collect();
        Search::new(&known).unwrap()
    }

    proptest! {
        #[test]
        fn every_shape_is_found_wherever_it_is(
            secret in prop::collection::vec(any::<u8>(), 8..40),
            before in prop::collection::vec(any::<u8>(), 0..20),
            after in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let search = search(&[b"another secret", &secret]);
            let around = [&before[..], &secret, &after].concat();
            for written in [
                around.clone(),
                STANDARD.encode(&around).into_bytes(),
                URL_SAFE.encode(&around).into_bytes(),
                hex::encode(&around).into_bytes(),
                hex::encode_upper(&around).into_bytes(),
            ] {
                let found = search.find(&written[..]).unwrap();
                prop_assert_eq!(found.map(|hit| hit.secret), Some(1));
            }
        }

        #[test]
        fn text_is_found_in_json_and_in_urls(secret in "[ -~]{8,30}") {
            let search = search(&[secret.as_bytes()]);
            let json = serde_json::json!({ "said": format!("x {secret} y") }).to_string();
            let url: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert!(search.find(json.as_bytes()).unwrap().is_some());
            // Everything encoded is more than anybody does; what has to be, is enough.
            let plain = search.find(url.as_bytes()).unwrap().is_some();
            prop_assert!(plain || secret.bytes().any(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let search = search(&[b"correct horse", b"battery staple"]);
        assert_eq!(search.find(&b"nothing of it"[..]).unwrap(), None);
        let hit = search.find(&b"a battery staple"[..]).unwrap();
        assert_eq!(hit, Some(Hit { secret: 1, end: 16 }));
    }
}
