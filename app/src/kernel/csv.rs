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

    #[test]
    fn cells_are_quoted_and_none_is_a_formula() {
        let mut out = String::new();
        row(["a", "b \"c\", d", "", "=1+1"], &mut out);
        assert_eq!(out, "\"a\",\"b \"\"c\"\", d\",\"\",\"'=1+1\"\r\n");
        for formula in [
            "=1",
            "+1",
            "-1",
            "@a",
            "|a",
            "%a",
            " =1",
            "\t1",
            "\r1",
            "\u{feff}=1",
            "＝1",
            "'=1",
        ] {
            let mut out = String::new();
            row([formula], &mut out);
            assert!(out.starts_with("\"'"), "{out}");
        }
    }
}
