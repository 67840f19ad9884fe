//! What is kept of a record to find it by.

use std::collections::BTreeMap;
use std::mem::size_of;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::fold::fold;
use crate::kernel::{SecretId, VaultId};
use crate::vault::record::Meta;
use crate::vault::types::SecretType;

/// Stands between the parts of a text, where no word of a query can reach across.
const BETWEEN: char = '\n';
/// Where a record without a name stands among names: behind all of them.
const NAMELESS: &str = "\u{10ffff}";
/// Stands around each tag: no text that is stored has it.
const TAG: char = '\u{1}';
/// The most bytes of name and fields: one record does not fill the memory of all.
const WORDS: usize = 2048;
/// The most bytes of tags. In most scripts that is more than a record may have.
const TAGS: usize = 4096;

/// What is kept of a record.
pub(super) struct Entry {
    pub(super) vault: VaultId,
    pub(super) kind: SecretType,
    /// Its last change, in nanoseconds since 1970.
    pub(super) updated: i128,
    /// Name, tags, open fields, shown custom fields; folded. Wiped when it goes. None of a record that does
    /// not open.
    text: Option<Zeroizing<Box<str>>>,
    name_ends: usize,
}

impl Entry {
    /// What is kept of a record: the name and all tags, then as much of its fields as there is room for.
    pub(super) fn new(vault: VaultId, updated_at: OffsetDateTime, meta: &Meta) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(160));
        add(&mut text, WORDS, &meta.name);
        let name_ends = text.len();
        for tag in &meta.tags {
            let tag = Zeroizing::new(Self::tag(tag));
            if text.len().saturating_add(tag.len()) <= name_ends + TAGS {
                text.push_str(&tag);
            }
        }
        let room = text.len() - name_ends + WORDS;
        let custom = meta.custom.iter().flat_map(|field| {
            let value = field.value.as_ref().map(|value| value.as_str());
            [Some(field.label.as_str()), value]
        });
        let fields = meta.fields.values().map(|value| Some(value.as_str()));
        for part in fields.chain(custom).flatten() {
            if text.len() >= room {
                break;
            }
            text.push(BETWEEN);
            add(&mut text, room, part);
        }
        Self {
            vault,
            kind: meta.kind,
            updated: updated_at.unix_timestamp_nanos(),
            text: Some(Zeroizing::new(text.as_str().into())),
            name_ends,
        }
    }

    /// A record that does not open: what the database says of it.
    pub(super) fn unreadable(vault: VaultId, updated_at: OffsetDateTime, kind: SecretType) -> Self {
        Self {
            vault,
            kind,
            updated: updated_at.unix_timestamp_nanos(),
            text: None,
            name_ends: 0,
        }
    }

    /// Everything that is searched; none of a record that does not open.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_ref().map(|text| &***text)
    }

    /// Its name, folded.
    pub(super) fn name(&self) -> &str {
        let text = self.text();
        text.map_or(NAMELESS, |text| {
            text.get(..self.name_ends).unwrap_or_default()
        })
    }

    /// How a tag stands in the text.
    pub(super) fn tag(tag: &str) -> String {
        let folded: String = fold(tag).collect();
        format!("{TAG}{folded}{TAG}")
    }

    /// What it takes in memory, with its place in a map; about, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.text().map_or(0, str::len) + size_of::<Self>() + 2 * size_of::<SecretId>()
    }
}

/// Adds a text, folded, as far as there is room.
fn add(to: &mut String, room: usize, part: &str) {
    for c in fold(part) {
        if to.len().saturating_add(c.len_utf8()) > room {
            return;
        }
        to.push(c);
    }
}

/// The entries of an organisation, by their ids.
pub(super) type Entries = BTreeMap<SecretId, Entry>;
