//! A share: one of three parts of a recovery key, as it is kept on paper.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version of this form |
//! | 1 | how many shares are needed (high half), and the number of this one (low half) |
//! | 5 | the set that it belongs to, chosen at random |
//! | 32 | its value |
//! | 11 | checksum of all that: the first bytes of SHA-256 |
//!
//! Nothing in it but the value depends on the key, and the value alone says nothing about it.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::groups::{self, GROUP, Typo};

/// How many shares a key has.
pub(crate) const SHARES: u8 = 3;
/// How many of them give it back.
pub(crate) const NEEDED: u8 = 2;
/// The bytes of a key, and of a share's value.
pub(crate) const LENGTH: usize = 32;

const VERSION: u8 = 1;
const SET: usize = 5;
const HEAD: usize = 2;
const BODY: usize = HEAD + SET + LENGTH;
const CHECKSUM: usize = 11;
const TOTAL: usize = BODY + CHECKSUM;
const PURPOSE: &[u8] = b"vaultterm recovery share v1\0";
/// Groups in a line on paper.
pub(super) const IN_A_LINE: usize = 4;
/// Lines on paper.
pub(super) const LINES: usize = 5;

/// What stands before and behind a share in a file that holds more than the share.
pub(crate) const BEGIN: &str = "BEGIN VAULTTERM RECOVERY SHARE";
pub(crate) const END: &str = "END VAULTTERM RECOVERY SHARE";

/// The name of the shares that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetId(pub(super) [u8; SET]);

impl std::fmt::Display for SetId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = hex::encode_upper(self.0);
        let (front, back) = text.split_at_checked(5).unwrap_or((&text, ""));
        write!(f, "{front}-{back}")
    }
}

/// One share. Wiped when it goes; it cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(super) number: u8,
    pub(super) set: SetId,
    pub(super) value: Zeroizing<[u8; LENGTH]>,
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Share({} of {})", self.number, self.set)
    }
}

/// What is wrong with a share that somebody typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadShare {
    #[error("{0:?} is no letter or digit of a share")]
    Character(char),
    #[error("group {group} (line {line}) has a typing error")]
    Group { line: usize, group: usize },
    #[error("it has {found} letters and digits, and a share has {}", groups::groups_of(TOTAL) * GROUP)]
    Length { found: usize },
    #[error("every group is right, and all together are not: groups of two shares were mixed")]
    Checksum,
    #[error("it is of version {0}, which this program does not know")]
    Version(u8),
}

impl Share {
    /// Which of the three it is.
    pub(crate) const fn number(&self) -> u8 {
        self.number
    }

    /// Which set it belongs to.
    pub(crate) const fn set(&self) -> SetId {
        self.set
    }

    /// The lines that are kept on paper.
    pub(crate) fn lines(&self) -> Vec<Zeroizing<String>> {
        let text = groups::write(&self.bytes());
        let groups: Vec<&str> = (0..text.len())
            .step_by(GROUP)
            .filter_map(|at| text.get(at..at + GROUP))
            .collect();
        let lines = groups.chunks(IN_A_LINE);
        lines.map(|line| Zeroizing::new(line.join("  "))).collect()
    }

    /// The same in one line, for a QR code: letters, digits and hyphens alone.
    pub(crate) fn compact(&self) -> Zeroizing<String> {
        let lines = self.lines();
        let mut text = Zeroizing::new(String::new());
        for word in lines.iter().flat_map(|line| line.split_whitespace()) {
            if !text.is_empty() {
                text.push('-');
            }
            text.push_str(word);
        }
        text
    }

    /// Reads what somebody typed, or the file that [`super::pages`] wrote.
    pub(crate) fn parse(text: &str) -> Result<Self, BadShare> {
        let marked = text
            .split_once(BEGIN)
            .and_then(|(_, rest)| rest.split_once(END));
        let text = marked.map_or(text, |(share, _)| share);
        let bytes = groups::read(text, TOTAL).map_err(|typo| match typo {
            Typo::Character(character) => BadShare::Character(character),
            Typo::Group(group) => BadShare::Group {
                line: (group - 1) / IN_A_LINE + 1,
                group,
            },
            Typo::Length(found) => BadShare::Length { found },
        })?;
        let (body, sum) = bytes.split_at_checked(BODY).unwrap_or((&bytes, &[]));
        if checksum(body) != sum {
            return Err(BadShare::Checksum);
        }
        let (version, numbers) = (body.first().copied(), body.get(1).copied());
        let (Some(VERSION), Some(numbers)) = (version, numbers) else {
            return Err(BadShare::Version(version.unwrap_or_default()));
        };
        let (needed, number) = (numbers >> 4, numbers & 0xf);
        if needed != NEEDED || !(1..=SHARES).contains(&number) {
            return Err(BadShare::Version(VERSION));
        }
        let mut share = Self {
            number,
            set: SetId([0; SET]),
            value: Zeroizing::new([0; LENGTH]),
        };
        let parts = body.get(HEAD..).unwrap_or_default();
        let (set, value) = parts.split_at_checked(SET).unwrap_or_default();
        share
            .set
            .0
            .iter_mut()
            .zip(set)
            .for_each(|(to, from)| *to = *from);
        share
            .value
            .iter_mut()
            .zip(value)
            .for_each(|(to, from)| *to = *from);
        Ok(share)
    }

    fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(TOTAL));
        bytes.extend_from_slice(&[VERSION, NEEDED << 4 | self.number]);
        bytes.extend_from_slice(&self.set.0);
        bytes.extend_from_slice(&*self.value);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }
}

fn checksum(body: &[u8]) -> Vec<u8> {
    let digest = Sha256::new()
        .chain_update(PURPOSE)
        .chain_update(body)
        .finalize();
    digest.iter().take(CHECKSUM).copied().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::RecoveryKey;
    use super::{BEGIN, BadShare, END, Share};

    fn shares() -> Vec<Share> {
        RecoveryKey::generate().unwrap().split().unwrap()
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for share in shares() {
            let lines: Vec<String> = share.lines().iter().map(|line| line.to_string()).collect();
            assert_eq!(lines.len(), 5);
            assert!(lines.iter().all(|line| line.len() == 26));
            assert_eq!(Share::parse(&lines.join("\n")).unwrap(), share);
            assert_eq!(Share::parse(&share.compact()).unwrap(), share);
            let file = format!("words\n{BEGIN}\n{}\n{END}\nwords", lines.join("\n"));
            assert_eq!(Share::parse(&file).unwrap(), share);
        }
    }

    #[test]
    fn a_typing_error_is_located() {
        let share = &shares()[0];
        let text = share.compact();
        // Groups are five characters and a hyphen; this is in the seventh.
        let at = 6 * 6 + 2;
        let other = if &text[at..=at] == "7" { "8" } else { "7" };
        let wrong = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert_eq!(
            Share::parse(&wrong),
            Err(BadShare::Group { line: 2, group: 7 })
        );
        assert_eq!(
            Share::parse(&wrong).unwrap_err().to_string(),
            "group 7 (line 2) has a typing error"
        );
        assert_eq!(
            Share::parse(&text[..40]).unwrap_err(),
            BadShare::Length { found: 34 }
        );
    }

    #[test]
    fn groups_of_two_shares_do_not_make_one() {
        let shares = shares();
        let (one, two) = (shares[0].compact(), shares[1].compact());
        let mixed = format!("{}{}", &one[..60], &two[60..]);
        assert_eq!(Share::parse(&mixed), Err(BadShare::Checksum));
    }

    #[test]
    fn it_does_not_show_itself() {
        let share = &shares()[0];
        let shown = format!("{share:?}");
        let secret = share.compact();
        assert!(!secret.split('-').any(|group| shown.contains(group)));
        assert!(!shown.contains(&hex::encode(*share.value)));
    }

    proptest! {
        #[test]
        fn anything_may_be_typed(text in "\\PC{0,300}") {
            prop_assert!(Share::parse(&text).is_err());
        }
    }
}
