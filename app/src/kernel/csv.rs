//! Tables for spreadsheets (RFC 4180).
//!
//! A spreadsheet takes a cell that begins in a certain way for a formula, and runs it on the machine
//! of whoever opens the file. Names of people and things are other people's words, so such a cell gets
//! an apostrophe before it, which spreadsheets take for "this is text".

/// Writes a row.
pub fn row<T: AsRef<str>>(cells: impl IntoIterator<Item = T>, out: &mut String) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push(cell.as_ref(), out);
    }
    out.push_str("\r\n");
}

/// Every cell is quoted: then nothing in it ends it.
fn push(cell: &str, out: &mut String) {
    out.push('"');
    if is_formula(cell) {
        out.push('\'');
    }
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

/// What spreadsheets take for a formula, in half and in full width, behind whatever they skip.
fn is_formula(cell: &str) -> bool {
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let skipped =
        |c: char| c.is_whitespace() || c.is_control() || "\u{200b}\u{feff}\"'".contains(c);
    let seen = cell.trim_start_matches(skipped);
    seen.starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::row;

    fn cell(text: &str) -> String {
        let mut out = String::new();
        row([text], &mut out);
        out.trim_end_matches("\r\n").to_owned()
    }

    #[test]
    fn a_cell_is_no_formula_and_ends_where_it_should() {
        for hostile in [
            "=HYPERLINK(\"http://evil.test\")",
            "+1",
            "-1+1|cmd",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "  =1",
            "\u{feff}=1",
            "\"=1",
            "＝1",
            "%0",
        ] {
            assert!(cell(hostile).starts_with("\"'"), "{hostile:?}");
        }
        assert_eq!(
            cell("Mill, \"small\"\nsecond"),
            "\"Mill, \"\"small\"\"\nsecond\""
        );
        assert_eq!(cell("mill = 7"), "\"mill = 7\"");
        let mut out = String::new();
        row(["a", "", "c"], &mut out);
        assert_eq!(out, "\"a\",\"\",\"c\"\r\n");
    }
}
