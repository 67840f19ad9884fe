//! Making rows fit the types, without losing anything.
//!
//! Other managers check less than we do. What does not fit its field is kept in a field of its own,
//! and the preview says so; what cannot be kept at all keeps its row out, with the reason.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::super::types::{Effort, Form, SecretType};
use super::row::{ExtraKind, Row, cut};
use crate::kernel::{FieldProblem, Text};

/// As a record allows.
const MOST_EXTRAS: usize = 50;
const MOST_TAGS: usize = 30;
const LONGEST_NAME: usize = 200;
const LONGEST_TAG: usize = 60;
const LONGEST_LABEL: usize = 120;
const LONGEST_EXTRA: usize = 4000;
/// The most bytes of fields of its own that lists show: less than a record allows for all that they show.
const MOST_SHOWN: usize = 16 * 1024;

/// Brings a row into the form of a record, and says what had to change and what is wrong. What keys may
/// cost is taken from one effort for the whole file.
pub(super) fn settle(row: &mut Row, effort: &mut Effort) {
    find_type(row);
    name(row);
    if let Err(problems) = row.kind.complete_within(&mut row.fields, effort) {
        set_aside(row, &problems);
        if let Err(problems) = row.kind.complete_within(&mut row.fields, effort) {
            row.problems.extend(problems.iter().map(said));
        }
    }
    tags(row);
    extras(row);
}

/// Without what its type demands, an entry becomes what it is good for.
fn find_type(row: &mut Row) {
    let lacks = |field: &str| row.get(field).is_empty();
    let fits = match row.kind {
        SecretType::Password => !lacks("password"),
        SecretType::PaymentCard => !lacks("number"),
        SecretType::SecureNote | SecretType::Identity => true,
        _ => return,
    };
    if fits {
        return;
    }
    let was = row.kind;
    let mut note = row.companion(SecretType::SecureNote);
    for field in was.fields() {
        let text = row.get(field.name).to_owned();
        match (field.name, field.concealed) {
            ("notes", _) => note.note(&text),
            (_, true) => note.extra(field.label, ExtraKind::Hidden, &text),
            (_, false) => note.extra(field.label, ExtraKind::Text, &text),
        }
    }
    if note.get("body").is_empty() {
        // A note has to say something.
        let name = row.get("username").to_owned();
        note.note(if name.is_empty() { &row.name } else { &name });
    }
    note.extras.append(&mut row.extras);
    note.notices.append(&mut row.notices);
    note.problems.append(&mut row.problems);
    let what = if was == SecretType::Password {
        "password"
    } else {
        "number"
    };
    note.notices
        .push(format!("has no {what}, so it becomes a note"));
    *row = note;
}

/// A name is needed: the address, or the name to sign in with, stands in for one.
fn name(row: &mut Row) {
    let given = readable(&row.name, LONGEST_NAME);
    if given != row.name.trim() {
        row.notices.push("its name was made readable".to_owned());
    }
    let stand_ins = [
        "url", "username", "service", "variable", "issuer", "rpId", "fullName",
    ];
    let others = stand_ins
        .iter()
        .map(|field| readable(row.get(field), LONGEST_NAME));
    let named = std::iter::once(given)
        .chain(others)
        .find(|name| !name.is_empty());
    row.name = named.unwrap_or_else(|| "Unnamed".to_owned());
}

/// A text as one line without what hides or misleads; as it is where nothing does. Of one that is far too long
/// no more than its beginning is looked at, since each of its words takes as much again.
fn readable(text: &str, longest: usize) -> String {
    let text = cut(text.trim(), longest.saturating_mul(20));
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match Text::line("", 0, longest).check(&line) {
        Ok(line) => line,
        Err(_) => {
            let alone = |c: &char| {
                Text::line("", 0, 1)
                    .check(c.encode_utf8(&mut [0; 4]))
                    .is_ok()
            };
            let shown: String = line.chars().filter(alone).take(longest).collect();
            shown.trim().to_owned()
        }
    }
}

/// Takes what does not fit out of its field, and keeps it in one of its own.
fn set_aside(row: &mut Row, problems: &[FieldProblem]) {
    for problem in problems {
        let name = problem.name.trim_start_matches("fields.");
        let Some(field) = row.kind.field(name).filter(|field| !field.required) else {
            continue;
        };
        let Some(text) = row.fields.remove(name) else {
            continue;
        };
        let kind = if field.concealed || field.form == Form::Url {
            // An address may hold a password.
            ExtraKind::Hidden
        } else {
            ExtraKind::Text
        };
        let why = &problem.message;
        row.notices.push(format!(
            "{}: {why}; it is kept as a field of its own",
            field.label
        ));
        row.extra(field.label, kind, &text);
    }
}

fn said(problem: &FieldProblem) -> String {
    format!(
        "{} {}",
        problem.name.trim_start_matches("fields."),
        problem.message
    )
}

fn tags(row: &mut Row) {
    let rule = Text::line("tags", 1, LONGEST_TAG);
    // There are no folders here: the one that it was in becomes a tag, the innermost if all are long.
    if let Some(folder) = &row.folder {
        let innermost = folder.rsplit(" / ").next().unwrap_or(folder);
        let fits = folder.chars().count() <= LONGEST_TAG;
        row.tags
            .insert(0, if fits { folder } else { innermost }.to_owned());
    }
    let given = row.tags.len();
    let mut seen = BTreeSet::new();
    row.tags = std::mem::take(&mut row.tags)
        .into_iter()
        .filter_map(|tag| rule.check(&tag).ok())
        .filter(|tag| seen.insert(tag.to_lowercase()))
        .take(MOST_TAGS)
        .collect();
    if row.tags.len() < given {
        row.notices
            .push("tags were left out: too many, too long, or twice".to_owned());
    }
}

fn extras(row: &mut Row) {
    for extra in &mut row.extras {
        extra.label = readable(&extra.label, LONGEST_LABEL);
        if extra.label.is_empty() {
            "Field".clone_into(&mut extra.label);
        }
        let fits = match extra.kind {
            ExtraKind::Date => Form::Date.checked(&extra.value).is_ok(),
            ExtraKind::Boolean => matches!(extra.value.as_str(), "true" | "false"),
            ExtraKind::Text | ExtraKind::Hidden => true,
        };
        if !fits {
            extra.kind = ExtraKind::Text;
        }
        // Lists show texts, so one that misleads is shown only when it is asked for.
        let line = Text::line("", 0, LONGEST_EXTRA);
        let misleads = extra.value.lines().any(|part| line.check(part).is_err());
        if extra.kind == ExtraKind::Text && misleads {
            extra.kind = ExtraKind::Hidden;
        }
    }
    hide_beyond(row, MOST_SHOWN);
    let long = |text: &Zeroizing<String>| {
        Text::lines("", LONGEST_EXTRA)
            .check_untrimmed(text)
            .is_err()
    };
    if row.extras.iter().any(|extra| long(&extra.value)) {
        row.problems.push(
            "a field of its own is longer than 4000 characters, or has control characters"
                .to_owned(),
        );
    }
    if row.extras.len() > MOST_EXTRAS {
        row.problems
            .push("has more than 50 fields of its own".to_owned());
    }
}

/// What lists would show beyond so many bytes is hidden.
fn hide_beyond(row: &mut Row, bytes: usize) {
    let mut left = bytes;
    let shown = row.extras.iter_mut();
    for extra in shown.filter(|extra| extra.kind == ExtraKind::Text) {
        match left.checked_sub(extra.value.len()) {
            Some(rest) => left = rest,
            None => {
                extra.kind = ExtraKind::Hidden;
                let label = &extra.label;
                row.notices.push(format!(
                    "{label}: is hidden, since lists show only so much of a record"
                ));
            }
        }
    }
}
