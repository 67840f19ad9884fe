//! Random passwords.

use chacha20::rand_core::Rng;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Made;
use super::randomness::pick;
use crate::kernel::FieldProblem;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// Without quotes, backslash and blank, which programs read as something else.
const SYMBOLS: &str = "!#$%&()*+,-./:;<=>?@[]^_{|}~";
/// What is mistaken for something else when it is read from paper.
const LOOK_ALIKES: &str = "0Oo1lI|5S2Z8B";

/// What a random password is made of.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PasswordRecipe)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Recipe {
    /// 8 to 256 characters.
    #[schema(minimum = 8, maximum = 256)]
    length: u16,
    /// `a` to `z`.
    lowercase: bool,
    /// `A` to `Z`.
    uppercase: bool,
    /// `0` to `9`.
    digits: bool,
    /// Punctuation.
    symbols: bool,
    /// Leave out what is mistaken for something else on paper, such as `0` and `O`.
    without_look_alikes: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            length: 20,
            lowercase: true,
            uppercase: true,
            digits: true,
            symbols: true,
            without_look_alikes: false,
        }
    }
}

impl Recipe {
    /// Draws a password in which every class that is asked for occurs. Among those all are equally
    /// likely: one without a class is thrown away as a whole.
    ///
    /// # Errors
    /// What is wrong with which part of the recipe.
    pub(super) fn make<R: Rng>(self, random: &mut R) -> Result<Made, FieldProblem> {
        if !(8..=256).contains(&self.length) {
            return Err(FieldProblem::new("length", "must be 8 to 256"));
        }
        let classes = self.classes();
        if classes.is_empty() {
            let message = "must be asked for, or another class of characters";
            return Err(FieldProblem::new("lowercase", message));
        }
        let all: Vec<char> = classes.concat();
        let mut value = Zeroizing::new(String::with_capacity(self.length.into()));
        loop {
            value.clear();
            value.extend((0..self.length).filter_map(|_| pick(&all, random)));
            let has = |class: &Vec<char>| class.iter().any(|c| value.contains(*c));
            if classes.iter().all(has) {
                break;
            }
        }
        Ok(Made {
            bits: bits(&classes, self.length),
            value,
        })
    }

    fn classes(self) -> Vec<Vec<char>> {
        let allowed = |c: &char| !self.without_look_alikes || !LOOK_ALIKES.contains(*c);
        [
            (self.lowercase, LOWER),
            (self.uppercase, UPPER),
            (self.digits, DIGITS),
            (self.symbols, SYMBOLS),
        ]
        .into_iter()
        .filter(|(wanted, _)| *wanted)
        .map(|(_, class)| class.chars().filter(allowed).collect())
        .collect()
    }
}

/// The logarithm of how many passwords there are in which every class occurs: all of them, less
/// those without one class, and those without two were taken off twice, and so on.
fn bits(classes: &[Vec<char>], length: u16) -> f64 {
    let size = |class: &Vec<char>| u32::try_from(class.len()).unwrap_or(u32::MAX);
    let all: u32 = classes.iter().map(size).sum();
    let mut share = 0.0;
    for without in 0..(1_u32 << classes.len()) {
        let left_out = (0_u32..)
            .zip(classes)
            .filter(|(at, _)| without & (1 << at) != 0);
        let gone: u32 = left_out.map(|(_, class)| size(class)).sum();
        let left = f64::from(all - gone) / f64::from(all);
        let sign = if without.count_ones() % 2 == 0 {
            1.0
        } else {
            -1.0
        };
        share += sign * left.powi(length.into());
    }
    f64::from(length) * f64::from(all).log2() + share.log2()
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;

    use super::*;

    fn random() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    #[test]
    fn every_class_that_is_asked_for_occurs_and_no_other() {
        let mut random = random();
        for mask in 1..16_u8 {
            let recipe = Recipe {
                length: 8,
                lowercase: mask & 1 != 0,
                uppercase: mask & 2 != 0,
                digits: mask & 4 != 0,
                symbols: mask & 8 != 0,
                without_look_alikes: true,
            };
            for _ in 0..200 {
                let made = recipe.make(&mut random).unwrap();
                let has = |test: fn(&char) -> bool| made.value.chars().any(|c| test(&c));
                assert_eq!(made.value.chars().count(), 8);
                assert_eq!(has(char::is_ascii_lowercase), recipe.lowercase);
                assert_eq!(has(char::is_ascii_uppercase), recipe.uppercase);
                assert_eq!(has(char::is_ascii_digit), recipe.digits);
                assert_eq!(has(char::is_ascii_punctuation), recipe.symbols);
                assert!(!made.value.contains(|c| LOOK_ALIKES.contains(c)));
            }
        }
    }

    #[test]
    fn entropy_is_counted_exactly() {
        // Two classes of one and two characters, three characters long: 27 in all, 1 of the one
        // class alone, 8 of the other alone.
        let classes = [vec!['a'], vec!['b', 'c']];
        assert!((bits(&classes, 3) - 18_f64.log2()).abs() < 1e-9);
        let made = Recipe::default().make(&mut random()).unwrap();
        let upper_bound = 20.0 * 90_f64.log2();
        assert!(
            made.bits < upper_bound && made.bits > upper_bound - 1.0,
            "{}",
            made.bits
        );
    }

    #[test]
    fn recipes_without_sense_are_refused() {
        let make = |recipe: Recipe| recipe.make(&mut random()).err().map(|problem| problem.name);
        let default = Recipe::default();
        assert_eq!(
            make(Recipe {
                length: 7,
                ..default
            })
            .as_deref(),
            Some("length")
        );
        assert_eq!(
            make(Recipe {
                length: 257,
                ..default
            })
            .as_deref(),
            Some("length")
        );
        let none = Recipe {
            lowercase: false,
            uppercase: false,
            digits: false,
            symbols: false,
            ..default
        };
        assert_eq!(make(none).as_deref(), Some("lowercase"));
    }
}
