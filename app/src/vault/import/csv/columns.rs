//! What a column holds.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::super::types::{Field, SecretType};
use super::super::Refusal;
use super::super::row::label;

/// What one column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::vault) enum Target {
    Name,
    /// A field of the type.
    Field(String),
    Folder,
    Tags,
    Favourite,
    /// The seed of one-time codes, which becomes a record beside the login.
    Otpauth,
    /// Fields of its own, one a line.
    Lines,
    /// The word that tells notes from logins.
    Kind,
    /// A field of its own.
    Extra(String),
    /// One whose value is hidden.
    HiddenExtra(String),
    /// It is left out.
    Nothing,
}

/// A column of a known format: its heading in lower case, and the word for what it holds.
pub(in crate::vault::import) type Known = (&'static str, &'static str);

/// How whoever imports wants a table to be read.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ImportMapping)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::vault) struct Mapping {
    /// What the rows become.
    r#type: SecretType,
    /// For each heading: a field of that type, or one of `name`, `folder`, `tags`, `favourite`,
    /// `otpauth`, `custom`, `customHidden`, `ignore`. Headings that are left out become fields of
    /// their own, hidden.
    columns: BTreeMap<String, String>,
}

/// How the columns are told.
#[derive(Clone, Copy)]
pub(in crate::vault::import) enum Columns<'a> {
    /// By the format.
    Known(&'static [Known]),
    /// By whoever imports.
    Chosen(&'a Mapping),
    /// By their headings alone.
    Guessed,
}

impl<'a> Columns<'a> {
    pub(in crate::vault::import) const fn of(mapping: Option<&'a Mapping>) -> Self {
        match mapping {
            Some(mapping) => Self::Chosen(mapping),
            None => Self::Guessed,
        }
    }

    /// What rows become where the table does not say.
    pub(super) const fn kind(self) -> SecretType {
        match self {
            Self::Known(_) | Self::Guessed => SecretType::Password,
            Self::Chosen(mapping) => mapping.r#type,
        }
    }

    /// What each column holds, in their order.
    ///
    /// # Errors
    /// When these are not the columns of the format, or the mapping names what is not there.
    pub(super) fn targets(self, headings: &[String]) -> Result<Vec<Target>, Refusal> {
        match self {
            Self::Known(known) => {
                let targets: Vec<Target> = headings
                    .iter()
                    .map(|heading| found(known, heading))
                    .collect();
                // Two columns in common are by chance; a password is what it is about.
                let meant = |target: &&Target| !matches!(target, Target::HiddenExtra(_));
                if targets.iter().filter(meant).count() < 3 {
                    return Err(Refusal::File("must have the columns of this format"));
                }
                Ok(targets)
            }
            Self::Guessed => Ok(headings
                .iter()
                .map(|heading| found(super::known::GUESSES, heading))
                .collect()),
            Self::Chosen(mapping) => mapping.targets(headings),
        }
    }
}

fn found(known: &[Known], heading: &str) -> Target {
    let plain = heading.trim().to_lowercase();
    let word = known
        .iter()
        .find(|(name, _)| *name == plain)
        .map(|(_, word)| *word);
    word.and_then(|word| target(word, heading, SecretType::Password))
        .unwrap_or_else(|| Target::HiddenExtra(label(heading)))
}

impl Mapping {
    fn targets(&self, headings: &[String]) -> Result<Vec<Target>, Refusal> {
        if self.columns.keys().any(|column| !headings.contains(column)) {
            return Err(Refusal::Mapping("must name columns of the table"));
        }
        let chosen = |heading: &String| {
            let word = self
                .columns
                .get(heading)
                .map_or("customHidden", String::as_str);
            target(word, heading, self.r#type)
        };
        let targets: Option<Vec<Target>> = headings.iter().map(chosen).collect();
        targets.ok_or(Refusal::Mapping(
            "must name fields of the type, or one of the other words",
        ))
    }
}

/// What a word means.
fn target(word: &str, heading: &str, kind: SecretType) -> Option<Target> {
    Some(match word {
        "name" => Target::Name,
        "folder" => Target::Folder,
        "tags" => Target::Tags,
        "favourite" => Target::Favourite,
        "otpauth" => Target::Otpauth,
        "lines" => Target::Lines,
        "kind" => Target::Kind,
        "custom" => Target::Extra(label(heading)),
        "customHidden" => Target::HiddenExtra(label(heading)),
        "ignore" => Target::Nothing,
        field => {
            let known: &Field = kind.field(field)?;
            (!known.derived).then(|| Target::Field(field.to_owned()))?
        }
    })
}
