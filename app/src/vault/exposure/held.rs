//! What somebody saw of a secret, held against what it holds now.
//!
//! Nothing is opened where they saw the newest version, and otherwise one version after the other; what
//! leaves are names, and whether each is the same. Where that cannot be told, because a version is gone
//! or does not open, or must not be, because nobody may see what it holds and a guess would be answered,
//! it counts as the same: one change too many is better than one too few.

use std::collections::BTreeMap;

use super::model::ExposedPart;
use super::store::{self, Known};
use crate::audit::Sighted;
use crate::context::App;
use crate::infra::db::TenantTx;
use crate::vault::attachments;
use crate::vault::problem::Error;
use crate::vault::record::{Content, CustomKind, FieldName, Meta};
use crate::vault::seal::Record;
use crate::vault::secrets;

/// Each part that was seen: those first that still are what they were.
pub(super) async fn parts(
    app: &App,
    tx: &mut TenantTx,
    (known, meta): (&Known, &Meta),
    sights: &[Sighted],
) -> Result<Vec<ExposedPart>, Error> {
    let record = secrets::record(app, tx.org(), known.id);
    let mut held = Held::default();
    let mut older: BTreeMap<i32, Vec<&Sighted>> = BTreeMap::new();
    for sighted in sights {
        match sighted {
            Sighted::File(_) => {}
            Sighted::Version(version) | Sighted::Fields(version, _)
                if *version == known.head.version =>
            {
                for name in names(meta, sighted) {
                    held.note(meta, name, true);
                }
            }
            Sighted::Version(version) | Sighted::Fields(version, _) => {
                older.entry(*version).or_default().push(sighted);
            }
        }
    }
    if !older.is_empty() {
        let newest = opened(&record, tx, known.head.version).await?;
        for (version, sights) in older {
            let then = if meta.shows(version) {
                opened(&record, tx, version).await?
            } else {
                None
            };
            held.compare((meta, newest.as_ref()), then.as_ref(), &sights);
        }
    }
    files(&record, tx, (known, sights), &mut held).await?;
    Ok(held.parts())
}

/// A version, if it is there and opens.
async fn opened(
    record: &Record<'_>,
    tx: &mut TenantTx,
    version: i32,
) -> Result<Option<(Meta, Content)>, Error> {
    let sealed = store::version(tx, record.id, version).await?;
    Ok(sealed.and_then(|sealed| record.open(&sealed).ok()))
}

/// The concealed fields of a version that were seen.
fn names(meta: &Meta, sighted: &Sighted) -> Vec<String> {
    let hidden = meta.custom.iter();
    let hidden = hidden.filter(|field| field.kind == CustomKind::Hidden);
    let hidden = hidden.map(|field| format!("custom:{}", field.id));
    let concealed = meta.concealed.iter().cloned().chain(hidden);
    match sighted {
        Sighted::Version(_) => concealed.collect(),
        Sighted::Fields(_, names) => concealed.filter(|name| names.contains(name)).collect(),
        Sighted::File(_) => Vec::new(),
    }
}

fn label(meta: &Meta, name: &str) -> Option<String> {
    match FieldName::parse(name) {
        FieldName::OfType(name) => Some(meta.kind.field(&name)?.label.to_owned()),
        FieldName::Custom(id) => {
            let field = meta.custom.iter().find(|field| field.id == id)?;
            Some(field.label.clone())
        }
    }
}

fn is_same(then: &Content, now: &Content, name: &str) -> bool {
    let name = FieldName::parse(name);
    let both = then.any_value(&name).zip(now.any_value(&name));
    both.is_some_and(|((.., then), (.., now))| then == now)
}

/// Files that were read or attached: as long as they are there they are what they were.
async fn files(
    record: &Record<'_>,
    tx: &mut TenantTx,
    (known, sights): (&Known, &[Sighted]),
    held: &mut Held,
) -> Result<(), Error> {
    let mut seen = sights.iter().filter_map(|sighted| match sighted {
        Sighted::File(id) => Some(*id),
        _ => None,
    });
    let Some(first) = seen.next() else {
        return Ok(());
    };
    let there = attachments::named(tx, record, &known.head).await?;
    for id in std::iter::once(first).chain(seen) {
        let name = there.iter().find(|(there, _)| *there == id);
        let label = name.and_then(|(_, name)| name.clone());
        held.add(format!("file:{id}"), label, name.is_some());
    }
    Ok(())
}

/// What was found so far, by name.
#[derive(Default)]
struct Held(BTreeMap<String, (Option<String>, bool)>);

impl Held {
    fn note(&mut self, meta: &Meta, name: String, present: bool) {
        let label = label(meta, &name);
        self.add(name, label, present);
    }

    /// Whatever they saw once and is so now, they know.
    fn add(&mut self, name: String, label: Option<String>, present: bool) {
        let known = self.0.entry(name).or_insert((label, false));
        known.1 |= present;
    }

    fn compare(
        &mut self,
        (meta, newest): (&Meta, Option<&(Meta, Content)>),
        then: Option<&(Meta, Content)>,
        sights: &[&Sighted],
    ) {
        for sighted in sights {
            if let Some(((_, now), (of, then))) = newest.zip(then) {
                for name in names(of, sighted) {
                    let same = is_same(then, now, &name);
                    // What it is called now, if it is there.
                    let of = if label(meta, &name).is_some() {
                        meta
                    } else {
                        of
                    };
                    self.note(of, name, same);
                }
            } else {
                for name in names(meta, sighted) {
                    self.note(meta, name, true);
                }
            }
        }
    }

    fn parts(self) -> Vec<ExposedPart> {
        let all = self.0.into_iter();
        let mut parts: Vec<ExposedPart> = all
            .map(|(name, (label, present))| ExposedPart {
                name,
                label,
                present,
            })
            .collect();
        parts.sort_by_key(|part| !part.present);
        parts
    }
}
