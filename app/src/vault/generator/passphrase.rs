//! Passphrases of words.
//!
//! The words are those of the EFF's long list for dice (Electronic Frontier Foundation, 2016,
//! <https://www.eff.org/dice>, Creative Commons Attribution 3.0), without the four that have a hyphen
//! in them.

use std::sync::LazyLock;

use chacha20::rand_core::Rng;
use diceware_wordlists::EFF_LONG_WORDLIST;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Made;
use super::randomness::{below, pick};
use crate::kernel::FieldProblem;

/// What may stand between words: nothing that is in a word, so that no two passphrases are spelled
/// the same.
const SEPARATORS: &str = "-_.,+/ ";

static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let words = EFF_LONG_WORDLIST.iter().copied();
    words.filter(|word| !word.contains('-')).collect()
});

/// What a passphrase is made of.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PassphraseRecipe)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Recipe {
    /// 4 to 20 words.
    #[schema(minimum = 4, maximum = 20)]
    words: u8,
    /// What stands between them: one of `-`, `_`, `.`, `,`, `+`, `/` and a blank.
    #[schema(value_type = String, min_length = 1, max_length = 1)]
    separator: char,
    /// Begin each word with a capital letter.
    capitalize: bool,
    /// Put a digit behind one of the words.
    digit: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            words: 6,
            separator: '-',
            capitalize: false,
            digit: false,
        }
    }
}

impl Recipe {
    /// Draws the words.
    ///
    /// # Errors
    /// What is wrong with which part of the recipe.
    pub(super) fn make<R: Rng>(self, random: &mut R) -> Result<Made, FieldProblem> {
        if !(4..=20).contains(&self.words) {
            return Err(FieldProblem::new("words", "must be 4 to 20"));
        }
        if !SEPARATORS.contains(self.separator) {
            let message = "must be one of - _ . , + / and a blank";
            return Err(FieldProblem::new("separator", message));
        }
        let numbered = self.digit.then(|| below(self.words.into(), random));
        // Long enough for all of them, so that no part stays behind elsewhere.
        let mut value = Zeroizing::new(String::with_capacity(usize::from(self.words) * 12));
        for at in 0..u32::from(self.words) {
            if at > 0 {
                value.push(self.separator);
            }
            let mut letters = pick(&WORDS, random).copied().unwrap_or_default().chars();
            if self.capitalize {
                value.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            }
            value.extend(letters);
            if numbered == Some(at) {
                value.extend(char::from_digit(below(10, random), 10));
            }
        }
        Ok(Made {
            value,
            bits: self.bits(),
        })
    }

    fn bits(self) -> f64 {
        let words = f64::from(self.words);
        let list = f64::from(u32::try_from(WORDS.len()).unwrap_or(u32::MAX));
        let digit = if self.digit {
            (10.0 * words).log2()
        } else {
            0.0
        };
        words * list.log2() + digit
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;

    use super::*;

    fn make(recipe: Recipe) -> Result<Made, FieldProblem> {
        recipe.make(&mut ChaCha20Rng::from_seed([7; 32]))
    }

    #[test]
    fn the_list_is_long_and_has_no_word_twice() {
        let words: BTreeSet<_> = WORDS.iter().collect();
        assert_eq!(words.len(), WORDS.len());
        assert_eq!(WORDS.len(), 7772);
        for word in WORDS.iter() {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
            assert!((3..=9).contains(&word.len()), "{word}");
        }
    }

    #[test]
    fn words_come_as_they_are_asked_for() {
        let made = make(Recipe {
            words: 5,
            separator: '.',
            capitalize: true,
            digit: true,
        })
        .unwrap();
        let words: Vec<&str> = made.value.split('.').collect();
        assert_eq!(words.len(), 5);
        assert!(
            words
                .iter()
                .all(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        );
        let numbered = words
            .iter()
            .filter(|word| word.ends_with(|c: char| c.is_ascii_digit()));
        assert_eq!(numbered.count(), 1);
        let known = |word: &str| {
            let plain = word
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .to_lowercase();
            WORDS.contains(&plain.as_str())
        };
        assert!(words.into_iter().all(known));
    }

    #[test]
    fn entropy_is_that_of_the_choices() {
        let plain = make(Recipe::default()).unwrap();
        assert!((plain.bits - 6.0 * 7772_f64.log2()).abs() < 1e-9);
        let digit = make(Recipe {
            digit: true,
            ..Recipe::default()
        })
        .unwrap();
        assert!((digit.bits - plain.bits - 60_f64.log2()).abs() < 1e-9);
    }

    #[test]
    fn recipes_without_sense_are_refused() {
        let refused = |recipe| make(recipe).err().unwrap().name;
        assert_eq!(
            refused(Recipe {
                words: 3,
                ..Recipe::default()
            }),
            "words"
        );
        assert_eq!(
            refused(Recipe {
                words: 21,
                ..Recipe::default()
            }),
            "words"
        );
        assert_eq!(
            refused(Recipe {
                separator: 'a',
                ..Recipe::default()
            }),
            "separator"
        );
        assert_eq!(
            refused(Recipe {
                separator: '\n',
                ..Recipe::default()
            }),
            "separator"
        );
    }
}
