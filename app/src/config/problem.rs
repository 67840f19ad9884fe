//! One thing that is wrong with the configuration.

use std::fmt;

/// A variable, what is wrong with it, and the cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong, as a sentence that begins after the variable's name.
    pub fact: String,
    /// What to do.
    pub cure: &'static str,
}

impl Problem {
    /// A problem with a variable.
    #[must_use]
    pub fn new(variable: &'static str, fact: impl Into<String>, cure: &'static str) -> Self {
        Self {
            variable,
            fact: fact.into(),
            cure,
        }
    }

    /// Whether both are about the same setting, given by value or by file.
    pub(super) fn is_about_the_same(&self, other: &Self) -> bool {
        let setting = |name: &'static str| name.strip_suffix("_FILE").unwrap_or(name);
        setting(self.variable) == setting(other.variable)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; {}", self.variable, self.fact, self.cure)
    }
}
