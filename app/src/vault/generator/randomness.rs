//! Where chance comes from.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng as _};
use zeroize::Zeroizing;

/// A generator that the system's randomness was put into; none when the system gives none.
pub(super) fn from_system() -> Option<ChaCha20Rng> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).ok()?;
    Some(ChaCha20Rng::from_seed(*seed))
}

/// An even choice below a bound that is not zero.
///
/// The numbers of 32 bits do not divide evenly by every bound; those of the last, incomplete round
/// are thrown away and drawn again.
pub(super) fn below<R: Rng>(bound: u32, random: &mut R) -> u32 {
    let uneven = (u32::MAX % bound + 1) % bound;
    loop {
        let drawn = random.next_u32();
        if drawn <= u32::MAX - uneven {
            return drawn % bound;
        }
    }
}

/// An even choice among some; none if there are none.
pub(super) fn pick<'a, T, R: Rng>(from: &'a [T], random: &mut R) -> Option<&'a T> {
    let count = u32::try_from(from.len()).ok().filter(|count| *count > 0)?;
    from.get(usize::try_from(below(count, random)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Yields the numbers that it was given.
    struct Numbers(Vec<u32>);

    impl chacha20::rand_core::TryRng for Numbers {
        type Error = std::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(self.0.remove(0))
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!()
        }

        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
            unreachable!()
        }
    }

    #[test]
    fn numbers_of_an_incomplete_round_are_drawn_again() {
        // 2^32 = 10 · 429,496,729 + 6: the last six numbers would favour 0 to 5.
        assert_eq!(
            below(10, &mut Numbers(vec![u32::MAX, u32::MAX - 5, u32::MAX - 6])),
            9
        );
        assert_eq!(below(16, &mut Numbers(vec![u32::MAX])), 15);
        assert_eq!(below(1, &mut Numbers(vec![u32::MAX])), 0);
    }

    #[test]
    fn every_choice_is_as_likely() {
        let mut random = ChaCha20Rng::from_seed([1; 32]);
        for bound in [2_u32, 7, 26, 94] {
            let rounds = bound * 2000;
            let mut counts = vec![0_u32; bound as usize];
            for _ in 0..rounds {
                counts[below(bound, &mut random) as usize] += 1;
            }
            // Chi-square, far out: five deviations above what is expected.
            let expected = 2000.0;
            let square: f64 = counts
                .iter()
                .map(|n| (f64::from(*n) - expected).powi(2) / expected)
                .sum();
            let free = f64::from(bound - 1);
            assert!(
                square < free + 5.0 * (2.0 * free).sqrt() + 5.0,
                "{bound}: {square}"
            );
        }
    }

    #[test]
    fn the_system_gives_other_randomness_each_time() {
        let draw = || from_system().unwrap().next_u64();
        assert_ne!(draw(), draw());
    }
}
