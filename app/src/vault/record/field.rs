//! Which field of a record is to be shown.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::Content;
use crate::kernel::FieldProblem;

/// The name of a field as requests say it: of one of the type, or `custom:<id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::vault) enum FieldName {
    /// One of the type.
    OfType(String),
    /// A custom one.
    Custom(Uuid),
}

impl FieldName {
    /// Takes a name apart.
    pub(in crate::vault) fn parse(name: &str) -> Self {
        let custom = name.strip_prefix("custom:");
        match custom.and_then(|id| Uuid::try_parse(id).ok()) {
            Some(id) => Self::Custom(id),
            None => Self::OfType(name.to_owned()),
        }
    }
}

impl Content {
    /// What any field holds, with its name and what a form calls it; none when it holds nothing.
    pub(in crate::vault) fn any_value(
        &self,
        name: &FieldName,
    ) -> Option<(String, String, &Zeroizing<String>)> {
        match name {
            FieldName::OfType(name) => {
                let field = self.kind.field(name)?;
                let value = self.fields.get(field.name)?;
                Some((field.name.to_owned(), field.label.to_owned(), value))
            }
            FieldName::Custom(id) => {
                let field = self.custom.iter().find(|field| field.id == *id)?;
                Some((format!("custom:{id}"), field.label.clone(), &field.value))
            }
        }
    }

    /// What a concealed field holds, with the name that the trail may know it by.
    ///
    /// # Errors
    /// That it is none, or holds nothing.
    pub(in crate::vault) fn concealed_value(
        &self,
        name: &FieldName,
    ) -> Result<(String, &Zeroizing<String>), FieldProblem> {
        let nothing = || FieldProblem::new("field", "is no concealed field that holds something");
        match name {
            FieldName::OfType(name) => {
                let field = self.kind.field(name).filter(|field| field.concealed);
                let field = field.ok_or_else(nothing)?;
                let value = self.fields.get(field.name).ok_or_else(nothing)?;
                Ok((field.name.to_owned(), value))
            }
            FieldName::Custom(id) => {
                let mut hidden = self.custom.iter().filter(|field| field.is_hidden());
                let field = hidden.find(|field| field.id == *id).ok_or_else(nothing)?;
                Ok((format!("custom:{id}"), &field.value))
            }
        }
    }
}
