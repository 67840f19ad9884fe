//! The frame around a key: `-----BEGIN …-----`, headers, base 64, `-----END …-----`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::pem_passphrase::Encryption;
use super::{Refusal, UNREADABLE};

/// What is in a frame.
pub(super) struct Pem {
    /// What it says it holds.
    pub(super) label: String,
    /// How its contents are encrypted, the way that OpenSSL did it before PKCS#8.
    pub(super) encryption: Option<Encryption>,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// The frame itself, without what is around it: lines end as on Unix, the last one too, as SSH
    /// demands.
    pub(super) text: Zeroizing<String>,
}

impl Pem {
    /// Reads the one private key of a text. Blanks that copying adds do not matter.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        if text.trim_start().starts_with("PuTTY-User-Key-File") {
            return Err(Refusal::Key(
                "must be in OpenSSH's format: PuTTYgen exports it under Conversions",
            ));
        }
        let mut lines = text.lines().map(str::trim);
        let label = lines.find_map(label_of).ok_or(UNREADABLE)?;
        let end = format!("-----END {label}-----");
        let mut body = Vec::new();
        loop {
            match lines.next() {
                Some(line) if line == end => break,
                Some(line) => body.push(line),
                None => return Err(UNREADABLE),
            }
        }
        if lines.any(|line| label_of(line).is_some()) {
            return Err(Refusal::Key("must be one key alone"));
        }
        let headers: Vec<&str> = body
            .iter()
            .copied()
            .filter(|line| line.contains(':'))
            .collect();
        let encryption = Encryption::of(&headers)?;
        let code: Zeroizing<String> = Zeroizing::new(
            body.iter()
                .copied()
                .filter(|line| !line.contains(':'))
                .collect(),
        );
        let bytes = Zeroizing::new(decode(&code).ok_or(UNREADABLE)?);
        let mut text = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
        for line in body {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(&end);
        text.push('\n');
        Ok(Self {
            label: label.to_owned(),
            encryption,
            bytes,
            text,
        })
    }
}

/// The label of a first line that announces a private key. OpenSSL writes parameters before some.
fn label_of(line: &str) -> Option<&str> {
    let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
    label.ends_with("PRIVATE KEY").then_some(label)
}

fn decode(code: &str) -> Option<Vec<u8>> {
    let rules =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, rules).decode(code).ok()
}
