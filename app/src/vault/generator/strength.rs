//! How soon a secret would be guessed.

/// Longer ones are judged by their beginning: judging takes time that grows with the square.
const JUDGED: usize = 64;

/// From 0, guessed at once, to 4, guessed by nobody; what `zxcvbn` says of it, which has the lists
/// that guessers use. Words that belong to the record, such as its user name, are no secret.
pub(in crate::vault) fn strength(secret: &str, known: &[&str]) -> u8 {
    let judged = zeroize::Zeroizing::new(secret.chars().take(JUDGED).collect::<String>());
    zxcvbn::zxcvbn(&judged, known).score().into()
}

#[cfg(test)]
mod tests {
    use super::strength;

    #[test]
    fn what_is_guessed_first_is_weak_and_what_is_known_is_no_secret() {
        assert_eq!(strength("", &[]), 0);
        assert_eq!(strength("password1", &[]), 0);
        assert_eq!(strength("kX9#vQ2!mZ7&pL4w", &[]), 4);
        let known = ["adalovelace1815engines"];
        assert!(strength(known[0], &known) < strength(known[0], &[]));
        assert_eq!(strength(&"kX9#vQ2!mZ7&pL4w".repeat(1000), &[]), 4);
    }
}
