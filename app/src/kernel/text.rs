//! Text from outside, checked once.

use serde::Serialize;

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// The field, as the request names it.
    pub name: String,
    /// What it must be.
    pub message: String,
}

impl FieldProblem {
    /// A problem of one field.
    #[must_use]
    pub fn new(name: &str, message: &str) -> Self {
        Self {
            name: name.to_owned(),
            message: message.to_owned(),
        }
    }
}

/// The rules for a text field: how long it may be, in characters, and whether over several lines.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The field, as the request names it.
    pub field: &'static str,
    /// The fewest characters, after trimming.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// Whether line breaks and tabs may stand in it.
    pub multiline: bool,
}

impl Text {
    /// A single line of `min` to `max` characters.
    #[must_use]
    pub const fn line(field: &'static str, min: usize, max: usize) -> Self {
        Self {
            field,
            min,
            max,
            multiline: false,
        }
    }

    /// Several lines of at most `max` characters.
    #[must_use]
    pub const fn lines(field: &'static str, max: usize) -> Self {
        Self {
            field,
            min: 0,
            max,
            multiline: true,
        }
    }

    /// Trims and checks a text. Control characters are refused: PostgreSQL takes no NUL, and the
    /// rest only ever misleads a reader.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, text: &str) -> Result<String, FieldProblem> {
        let text = text.trim();
        let count = text.chars().count();
        if count < self.min {
            return Err(FieldProblem::new(self.field, "must not be empty"));
        }
        self.check_untrimmed(text)?;
        Ok(text.to_owned())
    }

    /// Checks a text in which blanks at the ends mean something, such as a password.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_untrimmed(&self, text: &str) -> Result<(), FieldProblem> {
        if text.chars().count() > self.max {
            let message = format!("must have at most {} characters", self.max);
            return Err(FieldProblem {
                name: self.field.to_owned(),
                message,
            });
        }
        let allowed =
            |c: char| !c.is_control() || (self.multiline && matches!(c, '\n' | '\r' | '\t'));
        if text.chars().all(allowed) {
            Ok(())
        } else {
            Err(FieldProblem::new(
                self.field,
                "must not contain control characters",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn control_characters_and_lengths_are_refused() {
        let name = Text::line("name", 1, 5);
        assert_eq!(name.check("  a b "), Ok("a b".into()));
        for bad in ["", "   ", "abcdef", "a\0b", "a\nb", "\u{7f}"] {
            assert!(name.check(bad).is_err(), "{bad:?}");
        }
        assert!(Text::lines("notes", 10).check("a\nb\tc").is_ok());
        assert!(Text::lines("notes", 10).check("a\0").is_err());
        assert!(name.check("äöüßé").is_ok());
    }
}
