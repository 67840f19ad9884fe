//! A valid licence of each algorithm, forged in every way that we know of.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use license::dsse::{Envelope, MAX_ENVELOPE};
use license::rotation::ROTATION_TYPE;
use license::vtlic::{
    Algorithm, Error, License, LicensePublicKey, PAYLOAD_TYPE, envelope_for, envelope_of,
};
use serde_json::Value;

use crate::support::{BOTH, Vendor, text, vendor};

/// No refusal takes longer, even in a debug build.
const LIMIT: Duration = Duration::from_secs(1);

/// A vendor, and what may be done to a licence of his.
struct Corpus {
    vendor: Vendor,
    trusted: [LicensePublicKey; 1],
    good: Vec<u8>,
}

impl Corpus {
    fn of(algorithm: Algorithm) -> Self {
        let vendor = vendor(algorithm, 1);
        let good = vendor.file(&vendor.payload());
        let trusted = [vendor.public()];
        Self {
            vendor,
            trusted,
            good,
        }
    }

    fn envelope(&self) -> Envelope {
        Envelope::parse(&self.good).unwrap()
    }

    fn refused(&self, name: &str, forged: &[u8]) -> Error {
        let begun = Instant::now();
        let opened = License::open(forged, &self.trusted);
        assert!(begun.elapsed() < LIMIT, "{name}");
        match opened {
            Ok(_) => panic!("{name} was accepted"),
            Err(error) => error,
        }
    }

    /// It is refused, and as a forgery.
    fn forged(&self, name: &str, forged: &Envelope) {
        let error = self.refused(name, &text(forged));
        assert!(error.is_tampering(), "{name}: {error}");
    }

    /// It is refused, and as no licence at all.
    fn malformed(&self, name: &str, forged: &[u8]) {
        let error = self.refused(name, forged);
        assert!(!error.is_tampering(), "{name}: {error}");
    }
}

#[test]
fn the_good_ones_are_good() {
    for algorithm in BOTH {
        let corpus = Corpus::of(algorithm);
        let opened = License::open(&corpus.good, &corpus.trusted).unwrap();
        assert_eq!(opened.payload(), &corpus.vendor.payload());
    }
}

#[test]
fn every_byte_counts() {
    for algorithm in BOTH {
        let corpus = Corpus::of(algorithm);
        for position in 0..corpus.good.len() {
            // All single bits of the short one; of the long one, each byte in two ways.
            let turns: Vec<u8> = match algorithm {
                Algorithm::Ed25519 => (0..8).map(|bit| 1 << bit).chain([0xff]).collect(),
                Algorithm::Composite => vec![1 << (position % 8), 0xff],
            };
            for turn in turns {
                let mut forged = corpus.good.clone();
                forged[position] ^= turn;
                corpus.refused(&format!("byte {position} turned by {turn:#x}"), &forged);
            }
            // The line end behind it is formatting.
            if position + 1 < corpus.good.len() {
                corpus.refused(&format!("cut at {position}"), &corpus.good[..position]);
            }
        }
    }
}

#[test]
fn every_field_counts() {
    for algorithm in BOTH {
        let corpus = Corpus::of(algorithm);
        let body = corpus.envelope().payload_bytes().unwrap();
        let payload: Value = serde_json::from_slice(&body).unwrap();
        let names: Vec<String> = payload.as_object().unwrap().keys().cloned().collect();
        assert!(names.len() >= 14, "{names:?}");
        let put = |name: &str, forged: &Value| {
            let mut envelope = corpus.envelope();
            envelope.payload = STANDARD.encode(serde_json::to_vec(forged).unwrap());
            corpus.forged(name, &envelope);
        };
        for name in &names {
            let mut changed = payload.clone();
            changed[name] = match &payload[name] {
                Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
                Value::Array(_) => vec!["everything"].into(),
                Value::String(word) => format!("{word}x").into(),
                other => panic!("{other}"),
            };
            put(&format!("{name} changed"), &changed);
            let mut without = payload.clone();
            without.as_object_mut().unwrap().remove(name);
            put(&format!("without {name}"), &without);
        }
        let mut more = payload.clone();
        more["more"] = 1.into();
        put("a field more", &more);
        // The same meaning in other bytes is not what was signed.
        let mut envelope = corpus.envelope();
        envelope.payload = STANDARD.encode(serde_json::to_vec_pretty(&payload).unwrap());
        corpus.forged("the payload in other words", &envelope);
    }
}

#[test]
fn signatures_are_neither_stripped_nor_swapped_nor_doubled() {
    for algorithm in BOTH {
        let corpus = Corpus::of(algorithm);
        let good = corpus.envelope();
        let with = |change: &dyn Fn(&mut Envelope)| {
            let mut forged = good.clone();
            change(&mut forged);
            forged
        };
        let stranger = vendor(algorithm, 2);
        let theirs = stranger.envelope(&good.payload_bytes().unwrap()).signatures;
        corpus.forged("none", &with(&|e| e.signatures.clear()));
        for (number, their) in theirs.iter().enumerate() {
            let name = |what| format!("signature {number} {what}");
            corpus.forged(
                &name("stripped"),
                &with(&|e| drop(e.signatures.remove(number))),
            );
            corpus.forged(
                &name("doubled"),
                &with(&|e| e.signatures.push(good.signatures[number].clone())),
            );
            corpus.forged(
                &name("alone, twice"),
                &with(&|e| e.signatures = vec![good.signatures[number].clone(); 2]),
            );
            corpus.forged(
                &name("of a stranger"),
                &with(&|e| e.signatures[number] = their.clone()),
            );
            corpus.forged(
                &name("of a stranger in our name"),
                &with(&|e| e.signatures[number].sig.clone_from(&their.sig)),
            );
            corpus.forged(
                &name("in the name of a stranger"),
                &with(&|e| e.signatures[number].keyid.clone_from(&their.keyid)),
            );
            corpus.forged(&name("empty"), &with(&|e| e.signatures[number].sig.clear()));
            corpus.forged(
                &name("without a name"),
                &with(&|e| e.signatures[number].keyid.clear()),
            );
            corpus.forged(
                &name("longer"),
                &with(&|e| {
                    let mut bytes = e.signatures[number].bytes().unwrap();
                    bytes.push(0);
                    e.signatures[number].sig = STANDARD.encode(bytes);
                }),
            );
        }
        corpus.forged(
            "one of a stranger more",
            &with(&|e| e.signatures.push(theirs[0].clone())),
        );
        corpus.forged(
            "a thousand",
            &with(&|e| e.signatures = vec![e.signatures[0].clone(); 300]),
        );
        corpus.forged(
            "all of a stranger",
            &with(&|e| e.signatures.clone_from(&theirs)),
        );
        if algorithm == Algorithm::Composite {
            corpus.forged("swapped", &with(&|e| e.signatures.reverse()));
            corpus.forged(
                "names swapped",
                &with(&|e| {
                    let (one, two) = (e.signatures[0].keyid.clone(), e.signatures[1].keyid.clone());
                    e.signatures[0].keyid = two;
                    e.signatures[1].keyid = one;
                }),
            );
        }
    }
}

#[test]
fn half_a_composite_key_signs_nothing() {
    let corpus = Corpus::of(Algorithm::Composite);
    // Whoever has broken Ed25519 has this much: a licence that asks for one signature only.
    let half = Vendor::plain(1);
    let envelope = half.envelope(&serde_json::to_vec(&half.payload()).unwrap());
    corpus.forged("one half, and the payload asks for no other", &envelope);
    // Even in two entries, or over a payload that asks for both.
    let mut twice = envelope;
    twice.signatures.push(twice.signatures[0].clone());
    corpus.forged("one half, twice", &twice);
    let asking = serde_json::to_vec(&corpus.vendor.payload()).unwrap();
    corpus.forged("one half of what asks for both", &half.envelope(&asking));
    // Both halves over a payload that asks for one.
    let body = serde_json::to_vec(&half.payload()).unwrap();
    corpus.forged(
        "both halves of what asks for one",
        &corpus.vendor.envelope(&body),
    );
    // The other half alone.
    let mut second = corpus.envelope();
    second.signatures.remove(0);
    corpus.forged("the other half alone", &second);
}

#[test]
fn a_signature_for_another_purpose_is_none() {
    for algorithm in BOTH {
        let corpus = Corpus::of(algorithm);
        let body = serde_json::to_vec(&corpus.vendor.payload()).unwrap();
        for other in [ROTATION_TYPE, "application/vnd.vaultterm.bundle+json", ""] {
            let signatures = corpus.vendor.signatures(other, &body);
            corpus.forged(other, &envelope_for(&body, &signatures));
            corpus.malformed(other, &text(&envelope_of(other, &body, &signatures)));
        }
        let mut envelope = corpus.envelope();
        envelope.payload_type = format!("{PAYLOAD_TYPE};v=2");
        corpus.malformed("payload type changed", &text(&envelope));
    }
}

#[test]
fn the_file_is_one_object_of_utf8_and_nothing_else() {
    for algorithm in BOTH {
        let corpus = Corpus::of(algorithm);
        let good = String::from_utf8(corpus.good.clone()).unwrap();
        let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let payload = corpus.envelope().payload;
        let spaced = good.replace(&payload, &format!("{payload}\\n"));
        let url_safe = good.replace(&payload, &payload.replace('/', "_").replace('+', "-"));
        let texts = [
            ("BOM", format!("\u{feff}{good}")),
            ("CRLF", good.replace('\n', "\r\n")),
            ("CR", good.replace('\n', "\r")),
            ("NUL", format!("{good}\0")),
            ("twice", format!("{good}{good}")),
            ("a list", format!("[{good}]")),
            ("something behind it", format!("{good}x")),
            (
                "a name twice",
                good.replacen('{', &format!("{{\"payload\":\"{payload}\","), 1),
            ),
            (
                "a name twice, escaped",
                good.replacen('{', &format!("{{\"p\\u0061yload\":\"{payload}\","), 1),
            ),
            ("a name more", good.replacen('{', "{\"more\":1,", 1)),
            (
                "a name more in a signature",
                good.replace("\"sig\"", "\"alg\":1,\"sig\""),
            ),
            ("single quotes", good.replace('"', "'")),
            ("a comment", format!("// licence\n{good}")),
            ("a comma more", good.replace("\n  ]", ",\n  ]")),
            ("a line end in base64", spaced),
            ("no padding", good.replace("=\"", "\"")),
            (
                "signatures in an object",
                good.replace('[', "{\"0\":").replace(']', "}"),
            ),
            ("empty", String::new()),
            ("null", "null".to_owned()),
        ];
        for (name, forged) in texts {
            if forged != good {
                corpus.malformed(name, forged.as_bytes());
            }
        }
        corpus.malformed("UTF-16", &utf16);
        if url_safe != good {
            corpus.malformed("another alphabet", url_safe.as_bytes());
            assert!(URL_SAFE.decode(&payload).is_err());
        }
        let arrays = serde_json::json!([PAYLOAD_TYPE, payload, []]);
        corpus.malformed("fields without names", arrays.to_string().as_bytes());
    }
}

#[test]
fn size_and_depth_are_bounded() {
    for algorithm in BOTH {
        let corpus = Corpus::of(algorithm);
        let good = String::from_utf8(corpus.good.clone()).unwrap();
        let room = MAX_ENVELOPE - good.len();
        let full = format!("{good}{}", " ".repeat(room));
        assert!(License::open(full.as_bytes(), &corpus.trusted).is_ok());
        corpus.malformed("a byte too long", format!("{full} ").as_bytes());
        corpus.malformed("huge", &vec![b' '; 64 << 20]);
        for open in ["[", "{\"payload\":", "{\"signatures\":[", "\"\\u"] {
            corpus.malformed(open, open.repeat(MAX_ENVELOPE / open.len()).as_bytes());
        }
        let deep = format!("\"payload\": {}1{}", "[".repeat(20_000), "]".repeat(20_000));
        corpus.malformed(
            "deep",
            good.replace("\"payload\": \"", &format!("{deep}\""))
                .as_bytes(),
        );
    }
}
