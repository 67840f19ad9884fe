//! Files of environment variables: `KEY=value`, as shells and Compose read them.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use super::super::types::SecretType;
use super::row::Row;
use super::{Refusal, limits, text};

/// Reads every variable as a record of its own. What a line holds is taken as it is: nothing is
/// replaced by other variables or commands.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>, Refusal> {
    let text = text::decode(bytes)?;
    let mut rows: Vec<Row> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut rest = Reader {
        chars: text.chars().peekable(),
        line: 1,
    };
    while let Some(row) = rest.next_row() {
        if rows.len() >= limits::ROWS {
            return Err(limits::TOO_MANY);
        }
        let mut row = row;
        if !row.name.is_empty() && !seen.insert(row.name.clone()) {
            row.notices
                .push("is set more than once in the file".to_owned());
        }
        rows.push(row);
    }
    Ok(rows)
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: u32,
}

impl Reader<'_> {
    fn next_row(&mut self) -> Option<Row> {
        loop {
            let first = *self.chars.peek()?;
            if first.is_whitespace() {
                self.step();
            } else if first == '#' {
                self.rest_of_line();
            } else {
                return Some(self.row());
            }
        }
    }

    fn row(&mut self) -> Row {
        let mut row = Row::new(self.line, SecretType::EnvVar);
        let mut name = String::new();
        while let Some(c) = self.chars.next_if(|c| !matches!(c, '=' | '\n')) {
            name.push(c);
        }
        let name = name.trim();
        let name = name.strip_prefix("export ").map_or(name, str::trim);
        if self.chars.next_if_eq(&'=').is_none() {
            row.problems.push("has no = after a name".to_owned());
            return row;
        }
        let value = zeroize::Zeroizing::new(self.value(&mut row));
        name.clone_into(&mut row.name);
        row.put("variable", name);
        row.fields.insert("value".to_owned(), value);
        row
    }

    fn value(&mut self, row: &mut Row) -> String {
        while self.chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        let Some(quote) = self.chars.next_if(|c| matches!(c, '"' | '\'' | '`')) else {
            let plain = self.rest_of_line();
            // A comment begins after a blank; a # inside is part of the value.
            let end = plain.find(" #").or_else(|| plain.find("\t#"));
            return plain
                .get(..end.unwrap_or(plain.len()))
                .unwrap_or_default()
                .trim()
                .to_owned();
        };
        let mut value = String::new();
        while let Some(c) = self.step() {
            match c {
                _ if c == quote => {
                    self.rest_of_line();
                    return value;
                }
                '\\' if quote == '"' => match self.step() {
                    Some('n') => value.push('\n'),
                    Some('r') => value.push('\r'),
                    Some('t') => value.push('\t'),
                    Some(c @ ('"' | '\\' | '$' | '`')) => value.push(c),
                    Some('\n') | None => {}
                    Some(other) => value.extend(['\\', other]),
                },
                c => value.push(c),
            }
        }
        row.problems
            .push("has a quote that does not end".to_owned());
        value
    }

    fn step(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        self.line = self.line.saturating_add(u32::from(c == '\n'));
        Some(c)
    }

    fn rest_of_line(&mut self) -> String {
        let mut rest = String::new();
        while let Some(c) = self.step() {
            if c == '\n' {
                break;
            }
            rest.push(c);
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Given, Row};

    fn read(text: &str) -> Vec<Row> {
        let given = Given {
            format: Format::Dotenv,
            bytes: text.as_bytes(),
            password: None,
            key_file: None,
            mapping: None,
        };
        super::super::read(&given).unwrap()
    }

    #[test]
    fn lines_are_read_as_shells_and_compose_read_them() {
        let rows = read(concat!(
            "# a comment\r\n",
            "PLAIN=value # why\r\n",
            "export SHELL_STYLE = spaced out \n",
            "HASH=a#b\n",
            "SINGLE='as $it \\n is' # comment\n",
            "DOUBLE=\"line\\nbreak \\\"quoted\\\" \\$5\"\n",
            "MULTI=\"-----BEGIN\nKEY-----\"\n",
            "URL=postgres://a:b@c/d?e=f\n",
            "FORMULA==cmd|' /C calc'!A0\n",
        ));
        let pairs: Vec<_> = rows
            .iter()
            .map(|row| (row.get("variable"), row.get("value")))
            .collect();
        assert_eq!(
            pairs,
            [
                ("PLAIN", "value"),
                ("SHELL_STYLE", "spaced out"),
                ("HASH", "a#b"),
                ("SINGLE", "as $it \\n is"),
                ("DOUBLE", "line\nbreak \"quoted\" $5"),
                ("MULTI", "-----BEGIN\nKEY-----"),
                ("URL", "postgres://a:b@c/d?e=f"),
                ("FORMULA", "=cmd|' /C calc'!A0"),
            ]
        );
        assert!(rows.iter().all(|row| row.problems.is_empty()));
        assert_eq!(rows[6].line, 9);
    }

    #[test]
    fn a_line_that_is_none_is_named_and_the_others_are_read() {
        let rows = read("A=1\nnonsense\n2BAD=x\nEMPTY=\nA=2\nB=\"open");
        let problems: Vec<_> = rows
            .iter()
            .map(|row| (row.line, row.problems.len()))
            .collect();
        assert_eq!(problems, [(1, 0), (2, 3), (3, 1), (4, 1), (5, 0), (6, 1)]);
        assert_eq!(rows[4].notices, ["is set more than once in the file"]);
    }
}
