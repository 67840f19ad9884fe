//! Bytes as groups of letters and digits that can be read over the phone.
//!
//! The alphabet is Crockford's: no letter looks or sounds like a digit. A group is four characters of
//! data and one that checks them, so that whoever writes along hears at once which group is wrong.
//! The check is a sum over GF(32) with a weight for each place, plus the number of the group: it
//! notices every single wrong character, every two neighbours that were swapped, and every group that
//! stands in another's place.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of data in a group.
const DATA: usize = 4;
/// Bits of a character.
const BITS: usize = 5;

/// Characters in a group, with the one that checks.
pub(super) const GROUP: usize = DATA + 1;

/// What is wrong with groups that somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typo {
    /// A character that is none of ours.
    Character(char),
    /// The check of the group with this number, counted from 1, does not hold.
    Group(usize),
    /// There are more or fewer characters than there should be.
    Length(usize),
}

/// Writes bytes as groups; their bits have to fill whole groups.
pub(super) fn write(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(groups_of(bytes.len()) * GROUP));
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    for number in 0..groups_of(bytes.len()) {
        let mut group = Zeroizing::new([0_u8; DATA]);
        for (place, value) in group.iter_mut().enumerate() {
            let first = (number * DATA + place) * BITS;
            *value = (first..first + BITS).fold(0, |value, at| value << 1 | bit(at));
        }
        for value in group.iter().chain([&check(&*group, number)]) {
            text.push(letter(*value));
        }
    }
    text
}

/// Reads `length` bytes. Blanks, hyphens and the case of letters do not matter; the letters that
/// look like a digit are taken for it.
pub(super) fn read(text: &str, length: usize) -> Result<Zeroizing<Vec<u8>>, Typo> {
    let values = checked(text, 0)?;
    if values.len() != groups_of(length) * GROUP {
        return Err(Typo::Length(values.len()));
    }
    let mut bytes = Zeroizing::new(vec![0_u8; length]);
    let data = values
        .chunks(GROUP)
        .flat_map(|group| group.iter().take(DATA));
    for (place, value) in data.enumerate() {
        for bit in 0..BITS {
            let at = place * BITS + bit;
            if let Some(byte) = bytes.get_mut(at / 8) {
                *byte |= (value >> (BITS - 1 - bit) & 1) << (7 - at % 8);
            }
        }
    }
    Ok(bytes)
}

/// The values of what was typed, after its checks have held. `first` is the number of its first group,
/// counted from 0, so that a line can be checked before the next one is typed.
pub(super) fn checked(text: &str, first: usize) -> Result<Zeroizing<Vec<u8>>, Typo> {
    let typed = text.chars();
    let typed = typed.filter(|character| !character.is_whitespace() && *character != '-');
    let mut values = Zeroizing::new(Vec::with_capacity(text.len()));
    for character in typed {
        values.push(value_of(character).ok_or(Typo::Character(character))?);
    }
    for (number, group) in (first..).zip(values.chunks(GROUP)) {
        let Some((last, data)) = group.split_last().filter(|_| group.len() == GROUP) else {
            break;
        };
        if check(data, number) != *last {
            return Err(Typo::Group(number + 1));
        }
    }
    Ok(values)
}

/// How many groups so many bytes take.
pub(super) const fn groups_of(bytes: usize) -> usize {
    (bytes * 8).div_ceil(DATA * BITS)
}

fn letter(value: u8) -> char {
    let letter = ALPHABET.get(usize::from(value));
    char::from(letter.copied().unwrap_or_default())
}

fn value_of(character: char) -> Option<u8> {
    let character = match character.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let place = ALPHABET
        .iter()
        .position(|letter| char::from(*letter) == character);
    place.and_then(|place| u8::try_from(place).ok())
}

/// The sum over the data, each place with a weight of its own, and the number of the group.
fn check(data: &[u8], number: usize) -> u8 {
    let number = u8::try_from(number % 32).unwrap_or_default();
    // The first weight is 2, for 1 belongs to the check itself.
    let mut weight = 2;
    data.iter().fold(number, |sum, value| {
        let sum = sum ^ times(*value, weight);
        weight = times(weight, 2);
        sum
    })
}

/// Multiplication in GF(32), modulo x⁵ + x² + 1. It does not branch on what it multiplies.
fn times(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..BITS {
        product ^= a & 0_u8.wrapping_sub(b >> bit & 1);
        let carry = 0_u8.wrapping_sub(a >> 4 & 1);
        a = (a << 1 ^ (0b10_0101 & carry)) & 0b1_1111;
    }
    product
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ALPHABET, GROUP, Typo, read, write};

    proptest! {
        #[test]
        fn what_is_written_is_read_again(bytes in proptest::collection::vec(any::<u8>(), 50)) {
            let text = write(&bytes);
            prop_assert_eq!(text.len(), 100);
            prop_assert_eq!(&**read(&text, 50).unwrap(), &bytes[..]);
            let typed = text.to_lowercase().replace('0', "o").replace('1', "l");
            let spaced: Vec<String> = typed
                .as_bytes()
                .chunks(GROUP)
                .map(|group| String::from_utf8_lossy(group).into_owned())
                .collect();
            prop_assert_eq!(&**read(&spaced.join(" - \n"), 50).unwrap(), &bytes[..]);
        }

        #[test]
        fn a_wrong_character_is_found_in_its_group(
            bytes in proptest::collection::vec(any::<u8>(), 50), at in 0..100_usize, other in 0..32_usize,
        ) {
            let mut text = write(&bytes).as_bytes().to_vec();
            prop_assume!(text[at] != ALPHABET[other]);
            text[at] = ALPHABET[other];
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(read(&text, 50), Err(Typo::Group(at / GROUP + 1)));
        }

        #[test]
        fn swapped_neighbours_are_found(
            bytes in proptest::collection::vec(any::<u8>(), 50), at in 0..99_usize,
        ) {
            let mut text = write(&bytes).as_bytes().to_vec();
            prop_assume!(text[at] != text[at + 1] && at % GROUP != GROUP - 1);
            text.swap(at, at + 1);
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(read(&text, 50), Err(Typo::Group(at / GROUP + 1)));
        }

        #[test]
        fn a_group_in_another_place_is_found(
            bytes in proptest::collection::vec(any::<u8>(), 50), one in 0..20_usize, other in 0..20_usize,
        ) {
            prop_assume!(one != other);
            let text = write(&bytes);
            let mut groups: Vec<&[u8]> = text.as_bytes().chunks(GROUP).collect();
            groups.swap(one, other);
            let text = String::from_utf8(groups.concat()).unwrap();
            prop_assert_eq!(read(&text, 50), Err(Typo::Group(one.min(other) + 1)));
        }

        #[test]
        fn anything_may_be_typed(text in "\\PC*") {
            drop(read(&text, 50));
        }
    }

    #[test]
    fn too_little_too_much_and_strange_letters_are_named() {
        let text = write(&[7; 50]);
        assert_eq!(read(&text[..98], 50), Err(Typo::Length(98)));
        assert_eq!(read(&text[..95], 50), Err(Typo::Length(95)));
        assert_eq!(read("", 50), Err(Typo::Length(0)));
        assert_eq!(read("7U", 50), Err(Typo::Character('U')));
    }
}
