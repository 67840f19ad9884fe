//! Sealing a file piece by piece.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::kernel::{AttachmentId, OrgId, Redacted};
use crate::keys::{DataKey, Place, SealError, UnsealError};
use crate::vault::problem::Error;

/// The bytes of a piece; the last one has what is left.
pub(super) const SIZE: usize = 64 * 1024;
const TABLE: &str = "attachments";

/// One file of one organisation, and the data key of the record that it is attached to.
pub(in crate::vault) struct File {
    pub(in crate::vault) org: OrgId,
    pub(in crate::vault) id: AttachmentId,
    pub(in crate::vault) key: DataKey,
}

impl File {
    /// Where a piece stands: in this file, under this number, as the last one or not.
    const fn place(&self, number: i32, is_last: bool) -> Place<'static> {
        Place {
            org: self.org,
            table: TABLE,
            record: self.id.as_uuid(),
            field: if is_last { "last chunk" } else { "chunk" },
            version: number,
        }
    }

    const fn head_place(&self) -> Place<'static> {
        Place {
            org: self.org,
            table: TABLE,
            record: self.id.as_uuid(),
            field: "head",
            version: 0,
        }
    }

    /// Seals a piece.
    pub(super) fn seal(
        &self,
        number: i32,
        is_last: bool,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        self.key.seal(&self.place(number, is_last), plain)
    }

    /// Opens a piece, if it is that one.
    pub(in crate::vault) fn open(
        &self,
        number: i32,
        is_last: bool,
        sealed: &[u8],
    ) -> Result<Redacted<Vec<u8>>, UnsealError> {
        self.key.open(&self.place(number, is_last), sealed)
    }

    /// Seals what is known of it.
    pub(super) fn seal_head<T: Serialize>(&self, head: &T) -> Result<Vec<u8>, Error> {
        let plain = Zeroizing::new(serde_json::to_vec(head).map_err(Error::Content)?);
        Ok(self.key.seal(&self.head_place(), &plain)?)
    }

    /// Opens what is known of it.
    pub(super) fn open_head<T: DeserializeOwned>(&self, sealed: &[u8]) -> Result<T, Error> {
        let plain = self.open_any_head(sealed)?;
        serde_json::from_slice(plain.expose()).map_err(Error::Content)
    }

    /// The same, whatever it holds.
    pub(in crate::vault) fn open_any_head(
        &self,
        sealed: &[u8],
    ) -> Result<Redacted<Vec<u8>>, UnsealError> {
        self.key.open(&self.head_place(), sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::File;
    use crate::kernel::{AttachmentId, OrgId, Redacted};
    use crate::keys::DataKey;

    fn file(org: OrgId, id: AttachmentId, byte: u8) -> File {
        let key = DataKey::of_brought(&Redacted::new([byte; 32]));
        File { org, id, key }
    }

    #[test]
    fn a_piece_opens_in_its_place_alone() {
        let (org, id) = (OrgId::new(), AttachmentId::new());
        let own = file(org, id, 1);
        let sealed = own.seal(7, false, b"a piece").unwrap();
        assert_eq!(own.open(7, false, &sealed).unwrap().expose(), b"a piece");
        assert!(own.open(8, false, &sealed).is_err(), "another number");
        assert!(own.open(7, true, &sealed).is_err(), "as the last one");
        assert!(
            file(org, AttachmentId::new(), 1)
                .open(7, false, &sealed)
                .is_err()
        );
        assert!(file(OrgId::new(), id, 1).open(7, false, &sealed).is_err());
        assert!(file(org, id, 2).open(7, false, &sealed).is_err());
        let head = own.seal_head(&"name").unwrap();
        assert_eq!(own.open_head::<String>(&head).unwrap(), "name");
        assert!(own.open(0, false, &head).is_err());
    }
}
