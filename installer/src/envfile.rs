//! `.env`: set what is ours, keep every other line as the operator left it.

use std::fmt::Write as _;
use std::path::Path;

use crate::error::Error;

/// The lines of an `.env` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvFile {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Other(String),
    Variable { name: String, value: String },
}

impl EnvFile {
    /// Reads a file; `path` is for the message only.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                lines.push(Line::Other(line.to_owned()));
                continue;
            }
            let (name, value) = line
                .split_once('=')
                .filter(|(name, _)| is_name(name))
                .ok_or_else(|| Error::EnvFile {
                    path: path.to_owned(),
                    line: number,
                })?;
            lines.push(Line::Variable {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
        Ok(Self { lines })
    }

    /// The value of a variable; the last one counts, as it does for Compose. Empty is none.
    pub(crate) fn get(&self, wanted: &str) -> Option<&str> {
        let values = self.lines.iter().rev().filter_map(|line| match line {
            Line::Variable { name, value } if name == wanted => Some(unquoted(value.trim())),
            _ => None,
        });
        values.into_iter().next().filter(|value| !value.is_empty())
    }

    /// Every variable that has a value, as it stands.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = self.lines.iter().filter_map(|line| match line {
            Line::Variable { name, value } => Some((name.as_str(), unquoted(value.trim()))),
            Line::Other(_) => None,
        });
        variables.filter(|(_, value)| !value.is_empty())
    }

    /// Whether a variable has a line, be it empty.
    pub(crate) fn has(&self, wanted: &str) -> bool {
        self.lines
            .iter()
            .any(|line| matches!(line, Line::Variable { name, .. } if name == wanted))
    }

    /// Gives a variable another name, where it stands.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        for line in &mut self.lines {
            if let Line::Variable { name, .. } = line
                && name == from
            {
                to.clone_into(name);
            }
        }
    }

    /// Adds a variable at the end as another file has it, with the comment above it.
    pub(crate) fn take_over(&mut self, wanted: &str, from: &Self) {
        let is_it = |line: &Line| matches!(line, Line::Variable { name, .. } if name == wanted);
        let Some(place) = from.lines.iter().position(is_it) else {
            return;
        };
        let above = from.lines.iter().take(place).rev();
        let comment = above
            .take_while(|line| matches!(line, Line::Other(text) if text.starts_with('#')))
            .count();
        let block = from.lines.iter().skip(place - comment).take(comment + 1);
        self.lines.extend(block.cloned());
    }

    /// Sets a variable where it stands, or at the end.
    pub(crate) fn set(&mut self, wanted: &str, new: &str) {
        let mut found = false;
        for line in &mut self.lines {
            if let Line::Variable { name, value } = line
                && name == wanted
            {
                new.clone_into(value);
                found = true;
            }
        }
        if !found {
            self.lines.push(Line::Variable {
                name: wanted.to_owned(),
                value: new.to_owned(),
            });
        }
    }

    /// The text of the file.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            // Writing into a string cannot fail.
            let _ok = match line {
                Line::Other(other) => writeln!(text, "{other}"),
                Line::Variable { name, value } => writeln!(text, "{name}={value}"),
            };
        }
        text
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::EnvFile;

    fn parse(text: &str) -> EnvFile {
        EnvFile::parse(text, Path::new(".env")).unwrap()
    }

    #[test]
    fn comments_order_and_foreign_variables_stay() {
        let mut env = parse("# head\nA=1\n\nMINE='x y'\n");
        assert_eq!(env.get("MINE"), Some("x y"));
        assert_eq!(env.get("NONE"), None);
        env.set("A", "2");
        env.set("B", "3");
        assert_eq!(env.to_text(), "# head\nA=2\n\nMINE='x y'\nB=3\n");
    }

    #[test]
    fn names_change_in_place_and_comments_travel() {
        let mut env = parse("# mine\nA='1'\n");
        env.rename("A", "B");
        env.take_over("C", &parse("X=1\n\n# What C is.\n# And more.\nC=3\nD=4\n"));
        env.take_over("NONE", &parse("C=3\n"));
        assert_eq!(
            env.to_text(),
            "# mine\nB='1'\n# What C is.\n# And more.\nC=3\n"
        );
        assert!(env.has("C") && !env.has("A"));
    }

    #[test]
    fn a_line_that_is_neither_is_named() {
        for bad in ["export A=1", "A", "1A=2", "=x", "A B=c"] {
            let text = format!("# ok\n{bad}\n");
            let error = EnvFile::parse(&text, Path::new(".env")).unwrap_err();
            assert!(error.to_string().contains("line 2"), "{bad}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_back(name in "[A-Z_][A-Z0-9_]{0,20}", value in "[a-z0-9:/.@-]{1,40}", text in "(#[ a-z]{0,9}\n|[A-Z]{1,3}=[a-z]{0,5}\n){0,9}") {
            let mut env = parse(&text);
            env.set(&name, &value);
            prop_assert_eq!(env.get(&name), Some(value.as_str()));
            prop_assert_eq!(parse(&env.to_text()), env);
        }
    }
}
