//! What is asked for.

use std::collections::BTreeSet;

use memchr::memmem::Finder;

use super::entry::Entry;
use super::fold::fold;
use crate::kernel::{FieldProblem, SecretId, Text, VaultId};
use crate::vault::types::SecretType;

/// The longest query, in characters, and the most words of one.
const LONGEST: usize = 200;
const MOST_WORDS: usize = 10;

/// The records that somebody may read.
#[derive(Debug, Default)]
pub(super) struct Readable {
    pub(super) vaults: BTreeSet<VaultId>,
    /// Single ones, wherever they are.
    pub(super) records: BTreeSet<SecretId>,
}

impl Readable {
    /// Whether a record is among them.
    pub(super) fn reads(&self, vault: VaultId, record: SecretId) -> bool {
        self.vaults.contains(&vault) || self.records.contains(&record)
    }
}

/// What is asked for; every part of it has to hold.
#[derive(Debug, Default)]
pub(super) struct Query {
    words: Vec<Finder<'static>>,
    tag: Option<Finder<'static>>,
    pub(super) kind: Option<SecretType>,
    pub(super) vault: Option<VaultId>,
    /// Those that are kept at hand, where only they are asked for, or only the others.
    pub(super) favourites: Option<(bool, BTreeSet<SecretId>)>,
}

/// How well a record fits: the less the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Its name begins with the first word.
    Begins,
    /// The first word is in its name.
    Named,
    /// The words are somewhere else in it.
    Elsewhere,
    /// It does not open: what is asked for may be in it or not.
    Unknown,
}

impl Query {
    /// Takes words and a tag as a request gives them.
    ///
    /// # Errors
    /// When there is too much of it.
    pub(super) fn new(words: &str, tag: Option<&str>) -> Result<Self, FieldProblem> {
        Text::line("q", 0, LONGEST).check(words)?;
        Text::line("tag", 0, LONGEST).check(tag.unwrap_or_default())?;
        let folded: String = fold(words).collect();
        let words: Vec<_> = folded
            .split_whitespace()
            .map(|word| Finder::new(word).into_owned())
            .collect();
        if words.len() > MOST_WORDS {
            return Err(FieldProblem::new("q", "must be at most 10 words"));
        }
        let tag = tag.map(|tag| Finder::new(&Entry::tag(tag)).into_owned());
        Ok(Self {
            words,
            tag,
            ..Self::default()
        })
    }

    /// How well a record fits; none when it is not meant, or not to be read.
    pub(super) fn fit(&self, readable: &Readable, id: SecretId, entry: &Entry) -> Option<Fit> {
        let text = entry.text().map(str::as_bytes);
        let found = |word: &Finder<'static>| text.is_none_or(|text| word.find(text).is_some());
        let meant = self.kind.is_none_or(|kind| kind == entry.kind)
            && self.vault.is_none_or(|vault| vault == entry.vault)
            && readable.reads(entry.vault, id)
            && self
                .favourites
                .as_ref()
                .is_none_or(|(at_hand, ids)| *at_hand == ids.contains(&id))
            && self.tag.iter().all(found)
            && self.words.iter().all(found);
        meant.then(|| self.fit_of_name(entry))
    }

    fn fit_of_name(&self, entry: &Entry) -> Fit {
        if entry.text().is_none() {
            return Fit::Unknown;
        }
        let Some(first) = self.words.first() else {
            return Fit::Begins;
        };
        match first.find(entry.name().as_bytes()) {
            Some(0) => Fit::Begins,
            Some(_) => Fit::Named,
            None => Fit::Elsewhere,
        }
    }
}
