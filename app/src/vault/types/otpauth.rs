//! Addresses that set a generator of one-time codes up: `otpauth://totp/Issuer:account?secret=…`.

use data_encoding::BASE32_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::kernel::{OtpHash, Text};

/// What never needs an escape in an address (RFC 3986, 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The longest seed in bytes: the block of SHA-512. HMAC hashes what is longer.
const LONGEST_SEED: usize = 128;

/// What such an address says.
pub(super) struct Otpauth {
    pub(super) seed: Zeroizing<Vec<u8>>,
    pub(super) issuer: String,
    pub(super) account: String,
    pub(super) hash: OtpHash,
    pub(super) digits: u32,
    /// For how many seconds a code holds.
    pub(super) period: u32,
}

impl Otpauth {
    /// Reads an address, or a bare seed in base 32.
    ///
    /// # Errors
    /// What it must be.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self::bare(text);
        };
        if !scheme.eq_ignore_ascii_case("otpauth") {
            return Err("must begin with otpauth://totp/, or be the key alone");
        }
        let (kind, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if kind.eq_ignore_ascii_case("hotp") {
            return Err("must give codes by time: this one counts");
        }
        if !kind.eq_ignore_ascii_case("totp") {
            return Err("must begin with otpauth://totp/, or be the key alone");
        }
        let (label, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (issuer, account) = names(label)?;
        let mut otp = Self::bare_or_empty(&issuer, &account);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            otp.take(name, value)?;
        }
        if otp.seed.is_empty() {
            return Err("must hold a key: secret=…");
        }
        if !otp.has_readable_names() {
            return Err("must have an issuer and an account of one readable line");
        }
        Ok(otp)
    }

    fn bare(text: &str) -> Result<Self, &'static str> {
        let mut otp = Self::bare_or_empty("", "");
        otp.seed = seed(text)?;
        Ok(otp)
    }

    /// Everything as it is where nothing is said.
    fn bare_or_empty(issuer: &str, account: &str) -> Self {
        Self {
            seed: Zeroizing::default(),
            issuer: issuer.trim().to_owned(),
            account: account.trim().to_owned(),
            hash: OtpHash::Sha1,
            digits: 6,
            period: 30,
        }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let value = Zeroizing::new(decoded(value)?);
        match name.to_ascii_lowercase().as_str() {
            "secret" => self.seed = seed(&value)?,
            "issuer" if !value.trim().is_empty() => value.trim().clone_into(&mut self.issuer),
            "algorithm" => self.hash = hash(&value)?,
            "digits" => {
                let digits = value.parse().ok().filter(|n| (6..=8).contains(n));
                self.digits = digits.ok_or("must ask for codes of 6 to 8 digits")?;
            }
            "period" => {
                let period = value.parse().ok().filter(|n| (5..=3600).contains(n));
                self.period = period.ok_or("must ask for a period of 5 to 3600 seconds")?;
            }
            // Pictures and colours of other programs.
            _ => {}
        }
        Ok(())
    }

    fn has_readable_names(&self) -> bool {
        let rule = Text::line("", 0, 320);
        rule.check(&self.issuer).is_ok() && rule.check(&self.account).is_ok()
    }

    /// The address in its usual form.
    pub(super) fn address(&self) -> Zeroizing<String> {
        let escape = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
        let secret = Zeroizing::new(BASE32_NOPAD.encode(&self.seed));
        let (issuer, account) = (escape(&self.issuer), escape(&self.account));
        let (label, named) = if issuer.is_empty() {
            (account, String::new())
        } else {
            (format!("{issuer}:{account}"), format!("&issuer={issuer}"))
        };
        Zeroizing::new(format!(
            "otpauth://totp/{label}?secret={}{named}&algorithm={}&digits={}&period={}",
            *secret,
            self.algorithm().replace('-', ""),
            self.digits,
            self.period
        ))
    }

    /// The hash, as people write it.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self.hash {
            OtpHash::Sha1 => "SHA-1",
            OtpHash::Sha256 => "SHA-256",
            OtpHash::Sha512 => "SHA-512",
        }
    }
}

/// Issuer and account of a label. The colon between them may be escaped itself.
fn names(label: &str) -> Result<(String, String), &'static str> {
    if let Some((issuer, account)) = label.split_once(':') {
        return Ok((decoded(issuer)?, decoded(account)?));
    }
    let label = decoded(label)?;
    let (issuer, account) = label.split_once(':').unwrap_or(("", &label));
    Ok((issuer.to_owned(), account.to_owned()))
}

fn hash(word: &str) -> Result<OtpHash, &'static str> {
    match word.to_ascii_uppercase().replace(['-', '_'], "").as_str() {
        "SHA1" | "HMACSHA1" => Ok(OtpHash::Sha1),
        "SHA256" | "HMACSHA256" => Ok(OtpHash::Sha256),
        "SHA512" | "HMACSHA512" => Ok(OtpHash::Sha512),
        _ => Err("must ask for SHA1, SHA256 or SHA512"),
    }
}

/// A seed in base 32, with the blanks and in the case that people type it.
fn seed(text: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    const WRONG: &str = "must be a key in base 32: letters and the digits 2 to 7";
    let plain: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .filter(|c| !matches!(c, ' ' | '-' | '\u{a0}' | '='))
            .map(|c| c.to_ascii_uppercase())
            .collect(),
    );
    // Some issuers leave bits behind the last byte.
    let mut rules = BASE32_NOPAD.specification();
    rules.check_trailing_bits = false;
    let rules = rules.encoding().map_err(|_| WRONG)?;
    let seed = Zeroizing::new(rules.decode(plain.as_bytes()).map_err(|_| WRONG)?);
    if (1..=LONGEST_SEED).contains(&seed.len()) {
        Ok(seed)
    } else {
        Err("must be a key of at most 128 bytes")
    }
}

fn decoded(text: &str) -> Result<String, &'static str> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| "must be UTF-8 where it is escaped")?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::Otpauth;

    #[test]
    fn what_gives_no_codes_by_time_is_refused_with_a_reason() {
        for bad in [
            "",
            "otpauth://totp/x",
            "otpauth://totp/x?secret=",
            "otpauth://totp/x?secret=0189",
            "otpauth://hotp/x?secret=GEZDGNBV&counter=0",
            "otpauth://totp/x?secret=GEZDGNBV&digits=0",
            "otpauth://totp/x?secret=GEZDGNBV&digits=4294967296",
            "otpauth://totp/x?secret=GEZDGNBV&period=0",
            "otpauth://totp/x?secret=GEZDGNBV&period=-30",
            "otpauth://totp/x?secret=GEZDGNBV&algorithm=MD5",
            "otpauth://totp/%FF?secret=GEZDGNBV",
            "otpauth://totp/a%0ab?secret=GEZDGNBV",
            "otpauth://totp/a%E2%80%AEb?secret=GEZDGNBV",
            "https://example.com/?secret=GEZDGNBV",
            "steam://GEZDGNBV",
            "A",
            "not a seed!",
        ] {
            let message = Otpauth::parse(bad).err().unwrap_or_else(|| panic!("{bad}"));
            assert!(message.starts_with("must "), "{message}");
        }
        assert!(Otpauth::parse(&"A".repeat(320)).is_err());
    }

    #[test]
    fn what_other_programs_add_is_left_out() {
        let otp = Otpauth::parse("OTPAUTH://TOTP/x?Secret=gezdgnbv&image=https%3A%2F%2Fx&color=1");
        let address = otp.ok().unwrap().address();
        assert_eq!(
            *address,
            "otpauth://totp/x?secret=GEZDGNBV&algorithm=SHA1&digits=6&period=30"
        );
    }
}
