//! Fields of people's own.

use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::format_description;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::kernel::{FieldProblem, Text};
use crate::vault::text;

/// The most custom fields of one record.
pub(super) const MOST: usize = 50;
const LABEL: Text = Text::line("", 1, 120);
const VALUE: Text = Text::lines("", 4000);

/// How a custom field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::vault) enum CustomKind {
    /// A text that lists may show.
    Text,
    /// A text that is shown only when it is revealed.
    Hidden,
    /// `true` or `false`.
    Boolean,
    /// A day: `YYYY-MM-DD`.
    Date,
}

/// A custom field, as it is shown.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub(in crate::vault) struct CustomField {
    /// Which; reveal `custom:<id>` to see a hidden one.
    pub(in crate::vault) id: Uuid,
    /// What it is called.
    pub(in crate::vault) label: String,
    /// How it is written.
    pub(in crate::vault) kind: CustomKind,
    /// What it holds; null when it is hidden.
    #[schema(value_type = Option<String>)]
    pub(in crate::vault) value: Option<Zeroizing<String>>,
}

/// A custom field, as a request describes it.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::vault) struct NewCustomField {
    /// Which one that is there already; left out for a new one.
    #[serde(default)]
    pub(in crate::vault) id: Option<Uuid>,
    /// 1 to 120 characters.
    pub(in crate::vault) label: String,
    /// How it is written.
    pub(in crate::vault) kind: CustomKind,
    /// At most 4000 characters. Left out of a hidden one that is there already, it stays what it is.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(in crate::vault) value: Option<Zeroizing<String>>,
}

/// A custom field in the clear.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::vault) struct Custom {
    pub(in crate::vault) id: Uuid,
    pub(in crate::vault) label: String,
    pub(in crate::vault) kind: CustomKind,
    pub(in crate::vault) value: Zeroizing<String>,
}

impl Custom {
    /// What is wrong with it, at a place in the list.
    pub(super) fn check(&mut self, at: usize, problems: &mut Vec<FieldProblem>) {
        let mut wrong = |part: &str, message: &str| {
            let field = format!("customFields.{at}.{part}");
            problems.push(FieldProblem::new(&field, message));
        };
        match text::name(LABEL, &self.label) {
            Ok(label) => self.label = label,
            Err(problem) => wrong("label", &problem.message),
        }
        let value = self.value.as_str();
        let message = match self.kind {
            CustomKind::Boolean if value.is_empty() => {
                self.value = Zeroizing::new("false".to_owned());
                None
            }
            CustomKind::Boolean => {
                (!matches!(value, "true" | "false")).then(|| "must be true or false".to_owned())
            }
            CustomKind::Date if value.is_empty() || is_day(value) => None,
            CustomKind::Date => Some("must be a day: YYYY-MM-DD".to_owned()),
            CustomKind::Text => VALUE.check_shown(value).err().map(|wrong| wrong.message),
            CustomKind::Hidden => (VALUE.check_untrimmed(value).err()).map(|wrong| wrong.message),
        };
        if let Some(message) = message {
            wrong("value", &message);
        }
    }

    /// Whether it is shown only when it is revealed.
    pub(super) fn is_hidden(&self) -> bool {
        self.kind == CustomKind::Hidden
    }
}

fn is_day(text: &str) -> bool {
    Date::parse(text, format_description!("[year]-[month]-[day]")).is_ok()
}
