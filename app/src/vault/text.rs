//! Names that people read to know what is what.

use crate::kernel::{FieldProblem, Text};

/// Checks a name, a label or a tag. What turns the direction of text is refused: it lets a name look
/// like another.
///
/// # Errors
/// What is wrong with it.
pub(super) fn name(rule: Text, text: &str) -> Result<String, FieldProblem> {
    let text = rule.check(text)?;
    if text.chars().any(turns) {
        let message = "must not contain characters that turn the direction of text";
        return Err(FieldProblem::new(rule.field, message));
    }
    Ok(text)
}

/// Embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9).
const fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_others_are_refused() {
        let rule = Text::line("name", 1, 20);
        assert_eq!(name(rule, " Bank ").unwrap(), "Bank");
        assert_eq!(
            name(rule, "\u{5d1}\u{5e0}\u{5e7}").unwrap().chars().count(),
            3
        );
        for bad in ["knaB\u{202e}", "\u{2066}x\u{2069}", "\u{202a}x"] {
            assert!(name(rule, bad).is_err(), "{bad:?}");
        }
    }
}
