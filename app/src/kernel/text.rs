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

    /// Trims and checks a text that people read. Control characters are refused: PostgreSQL takes no
    /// NUL, and the rest only ever misleads a reader. So do characters in a single line that turn
    /// its direction around or that nobody sees.
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
        if !self.multiline && misleads(text) {
            return Err(FieldProblem::new(self.field, MISLEADING));
        }
        Ok(text.to_owned())
    }

    /// Checks a text that is shown as it was given: blanks at its ends stay, and no line of it looks
    /// like another one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_shown(&self, text: &str) -> Result<(), FieldProblem> {
        self.check_untrimmed(text)?;
        if text.split('\n').any(misleads) {
            return Err(FieldProblem::new(self.field, MISLEADING));
        }
        Ok(())
    }

    /// Checks a text of which every character counts, such as a password: blanks at its ends, and
    /// what cannot be seen.
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

const MISLEADING: &str = "must not contain characters that are invisible or turn the text around";

/// Whether a line holds what makes it look like another one.
fn misleads(line: &str) -> bool {
    let mut before = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let joins = is_joiner(c) && is_joinable(before) && is_joinable(rest.peek().copied());
        if is_invisible(c) && !joins {
            return true;
        }
        before = Some(c);
    }
    false
}

/// What shapes letters of Persian and Indic scripts, and makes one picture of several.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether a joiner may stand beside it: beside letters of ASCII it only hides.
const fn is_joinable(c: Option<char>) -> bool {
    matches!(c, Some(c) if !c.is_ascii() && !is_joiner(c))
}

/// Marks of direction (UAX 9), characters without width, fillers and tags.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
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

    #[test]
    fn a_line_that_looks_like_another_is_refused() {
        let name = Text::line("name", 0, 50);
        for bad in [
            "bank\u{202e}moc.elpmaxe",
            "\u{2066}admin\u{2069}",
            "ad\u{200b}min",
            "ad\u{200d}min",
            "\u{200d}",
            "é\u{200d}",
            "é\u{200d}\u{200d}é",
            "\u{feff}admin",
            "\u{3164}",
            "a\u{2028}b",
            "soft\u{ad}hyphen",
            "\u{200f}",
            "flag\u{e0067}",
        ] {
            assert!(name.check(bad).is_err(), "{bad:?}");
            assert!(name.check_untrimmed(bad).is_ok(), "{bad:?}");
            assert!(Text::lines("notes", 50).check(bad).is_ok(), "{bad:?}");
            let shown = Text::lines("value", 50);
            assert!(shown.check_shown(&format!("a\n{bad}")).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_script_can_be_written() {
        let name = Text::line("name", 0, 50);
        for good in [
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "שלום",
            "👨\u{200d}👩\u{200d}👧",
            "Zoë",
            "東京",
        ] {
            assert_eq!(name.check(good).as_deref(), Ok(good));
            assert_eq!(name.check_shown(&format!(" {good} ")), Ok(()));
        }
    }
}
