//! Groups and entries, out of the elements of the document.

use std::collections::BTreeMap;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::super::super::types::SecretType;
use super::super::Refusal;
use super::super::limits::{self, Room};
use super::super::row::{self, ExtraKind, Row};
use super::BROKEN;
use super::xml::ENTRIES;

/// The most strings of one entry.
const STRINGS: usize = 200;
/// The most letters of a group's name and of an id that are kept: every entry below has the one, and the
/// others have 24.
const LETTERS: usize = 500;

/// What KeePassXC calls the parts of a passkey.
const PASSKEY: [(&str, &str); 5] = [
    ("rpId", "KPEX_PASSKEY_RELYING_PARTY"),
    ("username", "KPEX_PASSKEY_USERNAME"),
    ("credentialId", "KPEX_PASSKEY_CREDENTIAL_ID"),
    ("userHandle", "KPEX_PASSKEY_USER_HANDLE"),
    ("privateKey", "KPEX_PASSKEY_PRIVATE_KEY_PEM"),
];

#[derive(Default)]
struct Group {
    name: String,
    id: String,
    /// Where its entries are, once there is one.
    place: Option<Rc<Place>>,
}

/// The id of a group and those of the groups around it, which all entries in it have in common.
struct Place {
    id: String,
    around: Option<Rc<Self>>,
}

impl Place {
    /// Whether it is a group, or somewhere in it.
    fn is_in(&self, group: &str) -> bool {
        let mut place = Some(self);
        while let Some(here) = place {
            if here.id == group {
                return true;
            }
            place = here.around.as_deref();
        }
        false
    }
}

#[derive(Default)]
struct Entry {
    strings: BTreeMap<String, Zeroizing<String>>,
    tags: Vec<String>,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Entries {
    path: Vec<String>,
    groups: Vec<Group>,
    entry: Option<Entry>,
    /// How deep we are inside of old versions, which are passed over.
    history: usize,
    key: String,
    bin: Option<String>,
    /// Rows with the place that they are in.
    found: Vec<(Option<Rc<Place>>, Row)>,
    room: Room,
    count: usize,
}

impl Entries {
    /// An element begins.
    pub(super) fn begin(&mut self, name: &str) -> Result<(), Refusal> {
        match name {
            "History" => self.history = self.history.saturating_add(1),
            "Group" => self.groups.push(Group::default()),
            "Entry" => {
                self.count = self.count.saturating_add(1);
                if self.count > ENTRIES {
                    return Err(limits::TOO_MANY);
                }
                if self.history == 0 {
                    self.entry = Some(Entry::default());
                }
            }
            _ => {}
        }
        self.path.push(name.to_owned());
        Ok(())
    }

    /// An element ends, with the text in it.
    pub(super) fn end(&mut self, name: &str, text: Zeroizing<String>) -> Result<(), Refusal> {
        if self.path.pop().as_deref() != Some(name) {
            return Err(BROKEN);
        }
        let parent = self.path.last().map_or("", String::as_str);
        match (parent, name) {
            (_, "History") => self.history = self.history.saturating_sub(1),
            _ if self.history > 0 => {}
            ("Meta", "RecycleBinUUID") => {
                self.bin = Some(row::cut(text.trim(), LETTERS).to_owned());
            }
            ("Group", "Name") => {
                self.group(|group| row::cut(text.trim(), LETTERS).clone_into(&mut group.name));
            }
            ("Group", "UUID") => {
                self.group(|group| {
                    row::cut(text.trim(), LETTERS).clone_into(&mut group.id);
                    group.place = None;
                });
            }
            (_, "Group") => drop(self.groups.pop()),
            ("String", "Key") => text.trim().clone_into(&mut self.key),
            ("String", "Value") => return self.string(text),
            ("Entry", "Tags") => {
                let tags = text.split([';', ',']).map(|tag| tag.trim().to_owned());
                let tags = tags.filter(|tag| !tag.is_empty());
                if let Some(entry) = &mut self.entry {
                    let room = row::TAGS.saturating_sub(entry.tags.len());
                    entry.tags.extend(tags.take(room));
                }
            }
            (_, "Entry") => return self.entry(),
            _ => {}
        }
        Ok(())
    }

    fn group(&mut self, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.last_mut() {
            change(group);
        }
    }

    fn string(&mut self, text: Zeroizing<String>) -> Result<(), Refusal> {
        let Some(entry) = &mut self.entry else {
            return Ok(());
        };
        if entry.strings.len() >= STRINGS {
            return Err(Refusal::File("must have at most 200 fields for each entry"));
        }
        entry.strings.insert(std::mem::take(&mut self.key), text);
        Ok(())
    }

    fn entry(&mut self) -> Result<(), Refusal> {
        let Some(entry) = self.entry.take() else {
            return Ok(());
        };
        if self.found.len() >= limits::ROWS {
            return Err(limits::TOO_MANY);
        }
        let line = u32::try_from(self.found.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        // The outermost group is the database itself.
        let names = self.groups.iter().skip(1).map(|group| group.name.as_str());
        let folder = names
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
            .join(" / ");
        let folder = row::folder(&folder);
        let place = self.place();
        for mut row in entry.rows(line) {
            row.folder.clone_from(&folder);
            self.room.take(&row)?;
            self.found.push((place.clone(), row));
        }
        Ok(())
    }

    /// Where the entry is that is read now.
    fn place(&mut self) -> Option<Rc<Place>> {
        let mut around = None;
        for group in &mut self.groups {
            let id = &group.id;
            let place = group.place.get_or_insert_with(|| {
                Rc::new(Place {
                    id: id.clone(),
                    around: around.take(),
                })
            });
            around = Some(Rc::clone(place));
        }
        around
    }

    /// The rows that are in no recycle bin.
    pub(super) fn rows(self) -> Result<Vec<Row>, Refusal> {
        let bin = self.bin.unwrap_or_default();
        let kept = self.found.into_iter().filter(|(place, _)| {
            bin.is_empty() || !place.as_ref().is_some_and(|place| place.is_in(&bin))
        });
        Ok(kept.map(|(_, row)| row).collect())
    }
}

impl Entry {
    fn take(&mut self, name: &str) -> Zeroizing<String> {
        self.strings.remove(name).unwrap_or_default()
    }

    fn rows(mut self, line: u32) -> Vec<Row> {
        let mut row = Row::new(line, SecretType::Password);
        row.name = self.take("Title").trim().to_owned();
        for (field, name) in [
            ("username", "UserName"),
            ("password", "Password"),
            ("url", "URL"),
        ] {
            row.put(field, &self.take(name));
        }
        row.note(&self.take("Notes"));
        let seeds = [self.take("otp"), self.take("TimeOtp-Secret-Base32")];
        row.tags = std::mem::take(&mut self.tags);
        let mut beside = Vec::new();
        if let Some(seed) = seeds.into_iter().find(|seed| !seed.trim().is_empty()) {
            let mut code = row.companion(SecretType::Totp);
            code.put("otpauth", &seed);
            code.put("account", row.get("username"));
            beside.push(code);
        }
        let mut key = row.companion(SecretType::Passkey);
        for (field, name) in PASSKEY {
            key.put(field, &self.take(name));
        }
        if !key.fields.is_empty() {
            beside.push(key);
        }
        for (label, value) in self.strings {
            if !label.starts_with("TimeOtp-") {
                // Hidden ones are not told apart once they are shown, so all of them stay hidden.
                row.extra(&label, ExtraKind::Hidden, &value);
            }
        }
        beside.insert(0, row);
        beside
    }
}
