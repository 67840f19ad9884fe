//! The fingerprint of a host: what a licence, or a master key, is bound to.
//!
//! It is a digest of facts that a container without rights can read and that a restart does not
//! change. Whoever computes it reads the files and hands their bytes in: the issuing tool, the
//! installer and the server come to the same name for the same host, because there is one function.
//!
//! | fact | where from |
//! |---|---|
//! | machine id | `/etc/machine-id` (machine-id(5)): made when a system is installed |
//! | [`BOARD`] | `/sys/class/dmi/id/…`: maker and model of machine and board, and their asset tags, where clouds put the name of the instance |
//!
//! Left out, each for a reason: serial numbers and the product's UUID, which only root reads; the
//! firmware's version, which an update changes; processor and disks, which a repair, a larger disk or
//! a move within a cluster changes. So it tells a copy of the installation on another system, a
//! restored backup, and a copied system that was given a machine id of its own or another kind of
//! machine. It does not tell a copy of the whole system, with its machine id, onto a machine of the
//! same make and without asset tags; and whoever is root on a host can pretend any facts to a
//! container.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Separates this digest from every other use of the machine id, which is to be kept from the outside.
const PURPOSE: &[u8] = b"vaultterm-host-fingerprint-v2\0";

/// The folder of [`BOARD`]'s files.
pub const BOARD_DIR: &str = "/sys/class/dmi/id";
/// The files that everybody may read and that name a machine rather than its state. One that is absent
/// counts as empty.
pub const BOARD: [&str; 6] = [
    "sys_vendor",
    "product_name",
    "board_vendor",
    "board_name",
    "board_asset_tag",
    "chassis_asset_tag",
];
/// No fact is longer, in bytes; what is behind that is not looked at.
pub const LONGEST_FACT: usize = 256;

/// The machine id is not 32 hexadecimal digits, or all of them are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the machine id is not 32 hexadecimal digits")]
pub struct NoMachineId;

/// The name of a host. It does not tell the facts that it was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Computes it from the text of `machine-id` and what the files of [`BOARD`] hold, in any order of
    /// asking.
    ///
    /// # Errors
    /// [`NoMachineId`]: without it, two hosts of one make would be the same.
    pub fn of(
        machine_id: &[u8],
        mut fact: impl FnMut(&'static str) -> Option<Vec<u8>>,
    ) -> Result<Self, NoMachineId> {
        let id = machine_id.trim_ascii().to_ascii_lowercase();
        let digits = id.len() == 32 && id.iter().all(u8::is_ascii_hexdigit);
        if !digits || id.iter().all(|digit| *digit == b'0') {
            return Err(NoMachineId);
        }
        let mut hash = Sha256::new();
        hash.update(PURPOSE);
        let mut add = |name: &str, value: &[u8]| {
            for part in [name.as_bytes(), value] {
                hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(part);
            }
        };
        add("machine-id", &id);
        for name in BOARD {
            let value = fact(name).unwrap_or_default();
            let value = value.get(..LONGEST_FACT).unwrap_or(&value);
            add(name, value.trim_ascii());
        }
        Ok(Self(hash.finalize().into()))
    }

    /// The digest itself.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::{BOARD, Fingerprint, LONGEST_FACT, NoMachineId};

    const ID: &[u8] = b"0123456789abcdef0123456789abcdef\n";

    fn board(name: &str) -> Option<Vec<u8>> {
        (name != "board_asset_tag").then(|| format!("{name} of a machine\n").into_bytes())
    }

    fn name(id: &[u8], fact: impl FnMut(&'static str) -> Option<Vec<u8>>) -> String {
        Fingerprint::of(id, fact).unwrap().to_string()
    }

    /// Pinned: licences and bound master keys in the field depend on it.
    #[test]
    fn it_stays_what_it_is() {
        assert_eq!(
            name(ID, board),
            "f226d02956c170570e83a29b3b964285a6061793d99701dc652f76e2487eef21"
        );
        assert_eq!(
            name(ID, |_| None),
            "1d17172c4055221fdf220eff3e66419499869ec02b4817c9a8ac2f860a6f923f"
        );
    }

    #[test]
    fn every_fact_counts_and_how_it_is_written_does_not() {
        let own = name(ID, board);
        assert_eq!(name(b" 0123456789ABCDEF0123456789ABCDEF", board), own);
        let padded = |name: &'static str| board(name).map(|value| [b"  ", &value[..]].concat());
        assert_eq!(name(ID, padded), own);
        let empty = |name: &'static str| Some(board(name).unwrap_or_default());
        assert_eq!(name(ID, empty), own);
        assert_ne!(name(b"1123456789abcdef0123456789abcdef", board), own);
        for changed in BOARD {
            let other = |name: &'static str| {
                if name == changed {
                    Some(b"another".to_vec())
                } else {
                    board(name)
                }
            };
            assert_ne!(name(ID, other), own, "{changed}");
        }
        let swapped = |name: &'static str| match name {
            "sys_vendor" => board("product_name"),
            "product_name" => board("sys_vendor"),
            other => board(other),
        };
        assert_ne!(name(ID, swapped), own);
        let long = |end: &'static str| {
            move |_: &'static str| Some([&[b'x'; LONGEST_FACT][..], end.as_bytes()].concat())
        };
        assert_eq!(name(ID, long("a")), name(ID, long("b")));
    }

    #[test]
    fn without_a_machine_id_there_is_none() {
        for id in [
            &b""[..],
            b"uninitialized",
            b"0123456789abcdef",
            b"0123456789abcdef0123456789abcdeg",
            &[b'0'; 32],
            &[0xff; 32],
        ] {
            assert_eq!(Fingerprint::of(id, board), Err(NoMachineId));
        }
    }
}
