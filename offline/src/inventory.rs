//! What a server has: the one page that a delta can be built against. It holds no secret.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::version::is_version;
use crate::{Digest, Member, Role, limits};

const MEDIA_TYPE: &str = "application/vnd.vaultterm.inventory+json";

/// The installed release and its contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    media_type: String,
    /// The release.
    pub version: String,
    /// Its counter.
    pub release_counter: u64,
    /// What its images stand on.
    pub images: Vec<Stack>,
    /// The layers that the server keeps as blobs, by diff ID: what patches can start from.
    pub blobs: Vec<Digest>,
    /// The files of the release.
    pub files: Vec<Member>,
}

/// An image and its layers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// What it is for.
    pub role: Role,
    /// The image's id.
    pub id: String,
    /// The diff IDs of its layers, lowest first.
    pub layers: Vec<Digest>,
}

impl Inventory {
    /// An inventory of a release.
    #[must_use]
    pub fn new(
        version: String,
        release_counter: u64,
        images: Vec<Stack>,
        blobs: Vec<Digest>,
        files: Vec<Member>,
    ) -> Self {
        Self {
            media_type: MEDIA_TYPE.to_owned(),
            version,
            release_counter,
            images,
            blobs,
            files,
        }
    }

    /// Reads an inventory. It is not signed: all it can do is to make a delta that does not fit.
    ///
    /// # Errors
    /// [`Error`] when it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let refuse = |kind| Error::new(kind, None, 0);
        if bytes.len() as u64 > limits::MANIFEST {
            let (what, limit) = ("the inventory", limits::MANIFEST);
            return Err(refuse(Kind::TooLarge { what, limit }));
        }
        let inventory: Self = serde_json::from_slice(bytes).map_err(|_| refuse(Kind::Inventory))?;
        if inventory.media_type == MEDIA_TYPE && is_version(&inventory.version) {
            Ok(inventory)
        } else {
            Err(refuse(Kind::Inventory))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Inventory;

    #[test]
    fn only_an_inventory_of_a_release_is_one() {
        let good = Inventory::new("1.2.3".to_owned(), 7, Vec::new(), Vec::new(), Vec::new());
        let read =
            |inventory: &Inventory| Inventory::parse(&serde_json::to_vec(inventory).unwrap());
        assert_eq!(read(&good).unwrap(), good);
        let changes: [fn(&mut Inventory); 2] = [
            |one| one.version = "../../x".to_owned(),
            |one| one.media_type = "application/json".to_owned(),
        ];
        for change in changes {
            let mut bad = good.clone();
            change(&mut bad);
            assert!(read(&bad).is_err(), "{bad:?}");
        }
    }
}
