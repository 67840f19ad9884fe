//! What a file may be called, here and on its way to a browser.

use std::fmt::Write as _;

use http::HeaderValue;

use crate::kernel::{FieldProblem, Text};

const NAME: Text = Text::line("name", 1, 255);

/// A name of a file, and of no folder.
///
/// # Errors
/// What is wrong with it.
pub(super) fn checked(name: &str) -> Result<String, FieldProblem> {
    let name = crate::vault::text::name(NAME, name)?;
    if name.contains(['/', '\\']) || name == "." || name == ".." {
        return Err(FieldProblem::new("name", "must be the name of a file"));
    }
    Ok(name)
}

/// How a browser is told to keep a file under its name (RFC 6266), and to show it in no page.
pub(super) fn disposition(name: &str) -> HeaderValue {
    let mut plain = String::new();
    let mut whole = String::new();
    for c in name.chars() {
        let known = c.is_ascii_alphanumeric() || " -_.()+,".contains(c);
        plain.push(if known { c } else { '_' });
    }
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            let _never_fails = write!(whole, "%{byte:02X}");
        }
    }
    let text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::{checked, disposition};

    #[test]
    fn names_are_of_files() {
        assert_eq!(checked(" notes.pdf ").unwrap(), "notes.pdf");
        for wrong in [
            "",
            " ",
            ".",
            "..",
            "a/b",
            "..\\x",
            "a\nb",
            "a\u{0}b",
            &"x".repeat(256),
        ] {
            assert!(checked(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_browser_is_told_the_name_and_nothing_that_ends_the_header() {
        let told = |name: &str| disposition(name).to_str().unwrap().to_owned();
        assert_eq!(
            told("a b.txt"),
            "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"
        );
        assert_eq!(
            told("Über\"; x=\r\n.svg"),
            "attachment; filename=\"_ber__ x___.svg\"; \
             filename*=UTF-8''%C3%9Cber%22%3B%20x%3D%0D%0A.svg"
        );
    }
}
