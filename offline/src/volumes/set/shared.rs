//! What the volumes of a set have in common, when not all of them agree: one may be damaged, or
//! belong elsewhere.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::Path;

use license::trust::Trust;

use super::super::label::{Label, read_label};
use super::super::{MOST, path};
use crate::Digest;
use crate::error::{Error, Kind};
use crate::head::Head;
use crate::read::{self, Verified};

/// The numbers of the volumes that are there.
pub(in crate::volumes) fn present(bundle: &Path) -> impl Iterator<Item = u32> + '_ {
    (1..=MOST).filter(|number| path(bundle, *number).exists())
}

/// Things that several volumes say, and how many of them do; the first is named.
struct Votes<T>(Vec<(T, u32, u32)>);

impl<T: PartialEq> Votes<T> {
    const fn new() -> Self {
        Self(Vec::new())
    }

    fn add(&mut self, what: T, volume: u32) {
        match self.0.iter_mut().find(|(known, ..)| *known == what) {
            Some((_, count, _)) => *count += 1,
            None => self.0.push((what, 1, volume)),
        }
    }

    /// What most of them say comes first; among equals, what the lowest number says.
    fn in_order(mut self) -> impl Iterator<Item = (T, u32)> {
        self.0
            .sort_by_key(|(_, count, first)| (Reverse(*count), *first));
        self.0.into_iter().map(|(what, _, first)| (what, first))
    }
}

/// The head that most volumes share of those whose signatures hold. Nothing behind a head is looked
/// at.
pub(in crate::volumes) fn head(bundle: &Path, trust: &Trust) -> Result<Verified<File>, Error> {
    let mut votes = Votes::new();
    let mut fault = None;
    for number in present(bundle) {
        match open(bundle, number).and_then(Head::read) {
            Ok((head, _)) => {
                let bytes = head.to_bytes().map_err(Error::of_read)?;
                votes.add(Digest::of(&bytes), number);
            }
            Err(error) => {
                fault.get_or_insert(error.in_volume(number));
            }
        }
    }
    let mut refusal = None;
    for (_, number) in votes.in_order() {
        let verified = open(bundle, number)
            .and_then(read::open)
            .and_then(|bundle| bundle.verify(trust));
        match verified {
            Ok(verified) => return Ok(verified),
            Err(error) => {
                refusal.get_or_insert(error.in_volume(number));
            }
        }
    }
    let missing = || Error::new(Kind::NoVolume { number: 1 }, None, 0);
    Err(refusal.or(fault).unwrap_or_else(missing))
}

/// How a set is cut: how many volumes there are, and how much of the body one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) count: u32,
    pub(super) slice: u64,
}

/// What the labels say that name this bundle. Its head was verified before, and says how large the
/// body is, so that count and slice have to fit each other.
pub(super) fn cut(bundle: &Path, like: &Verified<impl std::io::Read>) -> Result<Cut, Error> {
    let digest = Digest::of(like.manifest_bytes());
    let body = like.manifest().body_size();
    let mut votes = Votes::new();
    let mut fault = Kind::NoVolume { number: 1 };
    for number in present(bundle) {
        match label(bundle, number, like.head_size()) {
            Ok(label) if label.bundle != digest => {
                fault = Kind::Volume("it belongs to another bundle");
            }
            Ok(label) if u64::from(label.count) == body.div_ceil(label.slice) => {
                let Label { count, slice, .. } = label;
                votes.add(Cut { count, slice }, number);
            }
            _ if matches!(fault, Kind::NoVolume { .. }) => {
                fault = Kind::Volume("no label of the set can be read");
            }
            _ => {}
        }
    }
    // Volumes of an earlier cutting may lie beside: the set that lacks the fewest is the one.
    let sets = votes.0.into_iter();
    let best = sets.min_by_key(|(cut, found, first)| (cut.count.saturating_sub(*found), *first));
    best.map(|(cut, ..)| cut)
        .ok_or_else(|| Error::new(fault, None, 0))
}

fn label(bundle: &Path, number: u32, head: u64) -> Result<Label, Error> {
    let mut file = open(bundle, number)?;
    let mut at = head;
    file.seek(SeekFrom::Start(head)).map_err(Error::of_read)?;
    Ok(read_label(&mut file, &mut at)?.0)
}

fn open(bundle: &Path, number: u32) -> Result<File, Error> {
    File::open(path(bundle, number)).map_err(Error::of_read)
}
