//! Words that can be spoken and are in no list: syllables of a consonant, a vowel, and sometimes
//! another consonant.

use chacha20::rand_core::Rng;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Made;
use super::randomness::{below, pick};
use crate::kernel::FieldProblem;

const FIRST: [&str; 17] = [
    "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z",
];
const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
/// What may end a syllable. Every syllable begins with one consonant, so it is always clear where
/// one ends, and no two choices are spelled the same.
const LAST: [&str; 5] = ["", "l", "n", "r", "s"];
/// So many syllables stand together.
const GROUP: u32 = 2;

/// What it is made of.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PronounceableRecipe)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Recipe {
    /// 6 to 32 syllables, two and two between hyphens.
    #[schema(minimum = 6, maximum = 32)]
    syllables: u8,
    /// Begin with a capital letter.
    capitalize: bool,
    /// End with two digits.
    digits: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            syllables: 8,
            capitalize: false,
            digits: false,
        }
    }
}

impl Recipe {
    /// Draws the syllables.
    ///
    /// # Errors
    /// What is wrong with which part of the recipe.
    pub(super) fn make<R: Rng>(self, random: &mut R) -> Result<Made, FieldProblem> {
        if !(6..=32).contains(&self.syllables) {
            return Err(FieldProblem::new("syllables", "must be 6 to 32"));
        }
        let mut value = Zeroizing::new(String::with_capacity(160));
        for at in 0..u32::from(self.syllables) {
            if at > 0 && at % GROUP == 0 {
                value.push('-');
            }
            for part in [&FIRST[..], &VOWELS, &LAST] {
                value.push_str(pick(part, random).copied().unwrap_or_default());
            }
        }
        if self.capitalize {
            value
                .get_mut(..1)
                .into_iter()
                .for_each(str::make_ascii_uppercase);
        }
        if self.digits {
            value.extend((0..2).filter_map(|_| char::from_digit(below(10, random), 10)));
        }
        Ok(Made {
            value,
            bits: self.bits(),
        })
    }

    fn bits(self) -> f64 {
        let syllable = f64::from(17 * 5 * 5_u32).log2();
        let digits = if self.digits { 100_f64.log2() } else { 0.0 };
        f64::from(self.syllables) * syllable + digits
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn syllables_alternate_and_stand_two_and_two() {
        let mut random = ChaCha20Rng::from_seed([7; 32]);
        let recipe = Recipe {
            syllables: 7,
            capitalize: true,
            digits: true,
        };
        let made = recipe.make(&mut random).unwrap();
        let plain = made.value.trim_end_matches(|c: char| c.is_ascii_digit());
        assert_eq!(made.value.len() - plain.len(), 2);
        assert!(plain.starts_with(|c: char| c.is_ascii_uppercase()));
        let groups: Vec<&str> = plain.split('-').collect();
        let vowels = |group: &&str| group.chars().filter(|c| "aeiou".contains(*c)).count();
        assert_eq!(groups.iter().map(vowels).collect::<Vec<_>>(), [2, 2, 2, 1]);
    }

    #[test]
    fn no_two_choices_are_spelled_the_same() {
        let mut spelled = BTreeSet::new();
        let syllables = FIRST.iter().flat_map(|first| {
            VOWELS
                .iter()
                .flat_map(move |vowel| LAST.iter().map(move |last| format!("{first}{vowel}{last}")))
        });
        let syllables: Vec<String> = syllables.collect();
        for one in &syllables {
            for other in &syllables {
                assert!(spelled.insert(format!("{one}{other}")), "{one}{other}");
            }
        }
    }

    #[test]
    fn entropy_is_that_of_the_choices() {
        let mut random = ChaCha20Rng::from_seed([7; 32]);
        let made = Recipe::default().make(&mut random).unwrap();
        assert!((made.bits - 8.0 * 425_f64.log2()).abs() < 1e-9);
        let refused = Recipe {
            syllables: 5,
            ..Recipe::default()
        }
        .make(&mut random);
        assert_eq!(refused.err().unwrap().name, "syllables");
    }
}
