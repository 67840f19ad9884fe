//! A record while its fields are checked.

use crate::kernel::FieldProblem;

use super::Values;

/// The fields of one record and what is wrong with them.
pub(super) struct Record<'a> {
    pub(super) values: &'a mut Values,
    pub(super) problems: &'a mut Vec<FieldProblem>,
}

impl Record<'_> {
    /// What a field holds; nothing where there is none, or where it is wrong already.
    pub(super) fn get(&self, name: &str) -> &str {
        if self.is_refused(name) {
            return "";
        }
        self.values.get(name).map_or("", |text| text.as_str())
    }

    /// Writes what follows from other fields. An empty text is none.
    pub(super) fn set(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.values.insert(name.to_owned(), text.to_owned().into());
        }
    }

    /// Says what a field must be. Never what it is.
    pub(super) fn refuse(&mut self, name: &str, message: &str) {
        let path = path(name);
        self.problems.push(FieldProblem::new(&path, message));
    }

    fn is_refused(&self, name: &str) -> bool {
        let path = path(name);
        self.problems.iter().any(|problem| problem.name == path)
    }
}

/// A field, as requests name it.
pub(super) fn path(name: &str) -> String {
    format!("fields.{name}")
}
