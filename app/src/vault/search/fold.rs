//! Letters as they are compared.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The letters of a text without case, accents and width (NFKD, Unicode Annex 15).
pub(super) fn fold(text: &str) -> impl Iterator<Item = char> {
    text.nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn what_looks_alike_is_alike() {
        for (one, other) in [
            ("MÜLLER", "muller"),
            ("ＧｉｔＨｕｂ", "github"),
            ("é", "e\u{301}"),
        ] {
            assert!(fold(one).eq(fold(other)), "{one} {other}");
        }
    }
}
