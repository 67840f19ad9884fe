//! Seeds of one-time codes, and the codes that they give.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::Record;
use super::otpauth::Otpauth;

/// Reads the set-up address or bare seed, and fills in what it says. An issuer or account that is
/// given stands above that in the address.
pub(super) fn complete(record: &mut Record<'_>) {
    if record.get("otpauth").is_empty() {
        return;
    }
    let mut otp = match Otpauth::parse(record.get("otpauth")) {
        Ok(otp) => otp,
        Err(message) => return record.refuse("otpauth", message),
    };
    for (field, said) in [("issuer", &mut otp.issuer), ("account", &mut otp.account)] {
        if record.get(field).is_empty() {
            record.set(field, said);
        } else {
            record.get(field).clone_into(said);
        }
    }
    record.set("algorithm", otp.algorithm());
    record.set("digits", &otp.digits.to_string());
    record.set("period", &otp.period.to_string());
    record.set("otpauth", &otp.address());
}

/// A code and how long it holds.
pub(in crate::vault) struct Code {
    /// Its digits.
    pub(in crate::vault) code: Zeroizing<String>,
    /// When the next one takes its place.
    pub(in crate::vault) valid_until: OffsetDateTime,
    /// For how many seconds each code holds.
    pub(in crate::vault) period: u32,
}

/// The code of an instant, from a stored address; none if it is no such address.
pub(in crate::vault) fn code_at(otpauth: &str, at: OffsetDateTime) -> Option<Code> {
    let otp = Otpauth::parse(otpauth).ok()?;
    let step = at.unix_timestamp().div_euclid(i64::from(otp.period));
    let end = step.checked_add(1)?.checked_mul(i64::from(otp.period))?;
    let number = Zeroizing::new(
        otp.hash
            .code(&otp.seed, u64::try_from(step).ok()?, otp.digits),
    );
    let width = usize::try_from(otp.digits).ok()?;
    Some(Code {
        code: Zeroizing::new(format!("{:0width$}", *number)),
        valid_until: OffsetDateTime::from_unix_timestamp(end).ok()?,
        period: otp.period,
    })
}

#[cfg(test)]
mod tests {
    use super::super::SecretType::Totp;
    use super::super::tests::{complete, open};
    use super::*;

    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn an_address_says_who_and_how() {
        let text = format!(
            "otpauth://totp/ACME%20Co:ada@example.com?secret={SEED}&issuer=ACME%20Co\
             &algorithm=SHA256&digits=8&period=60"
        );
        let record = complete(Totp, &[("otpauth", &text)]).unwrap();
        for (field, expected) in [
            ("issuer", "ACME Co"),
            ("account", "ada@example.com"),
            ("algorithm", "SHA-256"),
            ("digits", "8"),
            ("period", "60"),
        ] {
            assert_eq!(open(&record, field), expected, "{field}");
        }
    }

    #[test]
    fn a_bare_seed_is_taken_as_people_type_it() {
        let typed = "gezd gnbv gy3t-qojq gezd gnbv gy3t qojq==";
        let record = complete(Totp, &[("otpauth", typed), ("account", "ada")]).unwrap();
        assert_eq!(open(&record, "algorithm"), "SHA-1");
        assert_eq!(open(&record, "digits"), "6");
        let address = record["otpauth"].as_str();
        assert!(address.starts_with("otpauth://totp/ada?"), "{address}");
        assert_eq!(*code_at(address, at(59)).unwrap().code, "287082");
    }

    #[test]
    fn names_that_are_given_stand_above_the_address_and_survive_a_second_time() {
        let text = format!("otpauth://totp/Old:bob?secret={SEED}&issuer=Old");
        let first = complete(Totp, &[("otpauth", &text), ("issuer", "New: & Co?")]).unwrap();
        let address = first["otpauth"].as_str();
        let second = complete(Totp, &[("otpauth", address)]).unwrap();
        assert_eq!(open(&second, "issuer"), "New: & Co?");
        assert_eq!(open(&second, "account"), "bob");
        assert_eq!(second["otpauth"], first["otpauth"]);
    }

    #[test]
    fn codes_are_those_of_rfc_6238_and_end_with_their_period() {
        let address = format!("otpauth://totp/x?secret={SEED}&digits=8");
        for (seconds, code, end) in [
            (59, "94287082", 60),
            (1_111_111_109, "07081804", 1_111_111_110),
            (60, "37359152", 90),
        ] {
            let shown = code_at(&address, at(seconds)).unwrap();
            assert_eq!(*shown.code, code);
            assert_eq!(shown.valid_until, at(end));
            assert_eq!(shown.period, 30);
        }
    }
}
