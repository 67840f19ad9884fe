//! What is wrong with a volume beside its slice: the ranges of the hash tree cover only that.

use std::fmt;

/// A place in one volume that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// The copy of the head, or the label.
    Damaged {
        /// The number of the volume.
        volume: u32,
        /// The member of the volume in which it begins.
        member: &'static str,
        /// Where it begins in the volume.
        offset: u64,
        /// How long it is, in bytes.
        length: u64,
    },
    /// The copy stopped.
    Missing {
        /// The number of the volume.
        volume: u32,
        /// How many bytes are not there.
        bytes: u64,
        /// How many there have to be.
        expected: u64,
    },
    /// Something follows the end, or the end is not empty.
    End {
        /// The number of the volume.
        volume: u32,
        /// Where the end has to begin in the volume.
        offset: u64,
    },
}

impl Flaw {
    /// The volume it is in.
    #[must_use]
    pub const fn volume(&self) -> u32 {
        match self {
            Self::Damaged { volume, .. }
            | Self::Missing { volume, .. }
            | Self::End { volume, .. } => *volume,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged {
                volume,
                member,
                offset,
                length,
            } => write!(
                f,
                "damaged: volume {volume}, within {length} bytes from byte {offset} of the volume, \
                 in its {member}"
            ),
            Self::Missing {
                volume,
                bytes,
                expected,
            } => write!(
                f,
                "the copy stopped: the last {bytes} of {expected} bytes of volume {volume} are missing"
            ),
            Self::End { volume, offset } => write!(
                f,
                "damaged: volume {volume}, its end at byte {offset} of the volume"
            ),
        }
    }
}
