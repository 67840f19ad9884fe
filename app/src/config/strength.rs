//! Is a secret good enough to stand in production?

use crate::kernel::Redacted;

/// The shortest password between our own services, in characters.
pub(super) const MIN_PASSWORD: usize = 16;
/// The shortest token that opens something by itself, in characters.
pub(super) const MIN_TOKEN: usize = 32;
/// The fewest different characters: words and their repetitions stay below, and a generated
/// secret of these lengths practically never does.
const MIN_DISTINCT: usize = 8;

/// Whether a secret is too short, or made of too few characters to have been generated.
pub(super) fn is_weak(secret: &str, min: usize) -> bool {
    let distinct: std::collections::BTreeSet<char> = secret.chars().collect();
    secret.chars().count() < min || distinct.len() < MIN_DISTINCT
}

/// The password inside a URL, if it has one.
pub(super) fn password_in(url: &str) -> Option<Redacted<String>> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    let (_, password) = user_info.split_once(':')?;
    Some(Redacted::new(password.to_owned())).filter(|password| !password.expose().is_empty())
}

#[cfg(test)]
mod tests {
    use super::{MIN_PASSWORD, is_weak, password_in};

    #[test]
    fn words_and_repetitions_are_weak() {
        for weak in [
            "",
            "postgres",
            "changemechangeme",
            "passwordpassword",
            "postgrespostgres",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0123456789abcde",
        ] {
            assert!(is_weak(weak, MIN_PASSWORD), "{weak}");
        }
        assert!(!is_weak("c0ffee5eedfacad1", MIN_PASSWORD));
        assert!(!is_weak("4f3c2b1a9d8e7f60", MIN_PASSWORD));
    }

    #[test]
    fn a_password_is_found_in_a_url() {
        let found = |url| password_in(url).map(|password| password.expose().clone());
        assert_eq!(found("postgres://u:p@h:5432/d"), Some("p".into()));
        assert_eq!(found("redis://:p@w@h"), Some("p@w".into()));
        for none in [
            "postgres://u@h/d",
            "postgres://h/d?x=a:b@c",
            "u:p@h",
            "redis://u:@h",
        ] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
