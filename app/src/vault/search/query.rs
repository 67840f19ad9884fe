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

    /// How well a record fits; none when it is not meant, or not to be read. Of one that does not open
    /// nobody knows whether the words are in it.
    pub(super) fn fit(&self, readable: &Readable, id: SecretId, entry: &Entry) -> Option<Fit> {
        if !self.means(id, entry) || !readable.reads(entry.vault, id) {
            return None;
        }
        let Some(text) = entry.text() else {
            return Some(Fit::Unknown);
        };
        let at = |word: &Finder<'static>| word.find(text.as_bytes());
        let (first, others) = match self.words.split_first() {
            Some((word, others)) => (Some((at(word)?, word)), others),
            None => (None, self.words.as_slice()),
        };
        let all = self.tag.iter().chain(others).all(|word| at(word).is_some());
        all.then(|| first.map_or(Fit::Begins, |(at, word)| fit_of(at, word, entry)))
    }

    fn means(&self, id: SecretId, entry: &Entry) -> bool {
        self.kind.is_none_or(|kind| kind == entry.kind)
            && self.vault.is_none_or(|vault| vault == entry.vault)
            && self
                .favourites
                .as_ref()
                .is_none_or(|(at_hand, ids)| *at_hand == ids.contains(&id))
    }
}

/// By where the first word stands. The name comes first in a text, and no word reaches across its end.
fn fit_of(at: usize, word: &Finder<'_>, entry: &Entry) -> Fit {
    match at {
        0 => Fit::Begins,
        at if at.saturating_add(word.needle().len()) <= entry.name().len() => Fit::Named,
        _ => Fit::Elsewhere,
    }
}
