//! Addresses to sign in with, in the one form in which they are compared.

use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::FieldProblem;

/// The most characters (RFC 5321, 4.5.3.1.3, without the angle brackets).
const LONGEST: usize = 254;
/// The most characters before the `@` (RFC 5321, 4.5.3.1.1).
const LONGEST_NAME: usize = 64;

/// An address to sign in with, in one form: what looks the same is the same. Limits are counted by
/// it, and the database knows it once.
///
/// Unicode is folded (NFKC), case goes, as do characters of no width and dots at the end of the host;
/// the host is written as DNS has it (UTS 46), so that `BÜCHER.example` and `xn--bcher-kva.example` are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Brings an address into its form and checks its shape. Whether it exists only a message to it
    /// can tell.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let refuse = |message: &str| FieldProblem::new("email", message);
        if text.chars().count() > 2 * LONGEST {
            return Err(refuse("must have at most 254 characters"));
        }
        if text.chars().any(misleads) {
            return Err(refuse("must not contain control characters"));
        }
        let folded = fold(text);
        let shaped = folded.split_once('@').and_then(|(name, host)| {
            let host = host_of(host)?;
            is_name(name).then(|| format!("{name}@{host}"))
        });
        let address = shaped.ok_or_else(|| refuse("must be an e-mail address"))?;
        if address.chars().count() > LONGEST {
            return Err(refuse("must have at most 254 characters"));
        }
        Ok(Self(address))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('@').map_or("", |(name, _)| name)
    }

    /// The host, as DNS has it.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, host)| host)
    }
}

/// What may not stand in an address at all: control characters, line breaks among them, and what
/// turns the direction of text, so that an address reads as another one.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// What has no width and says nothing: it goes.
const fn has_no_width(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// One form for what looks the same. Lower case can bring decomposed letters, so both are done twice.
fn fold(text: &str) -> String {
    let once = |text: &str| -> String {
        let visible = text.chars().filter(|c| !has_no_width(*c));
        visible.nfkc().collect::<String>().to_lowercase()
    };
    once(&once(text))
        .nfkc()
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Whether it can stand before the `@`: letters and digits of any script, and what RFC 5321 allows
/// without quotes. Nothing that means something in the header of a message.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || is_mark(c) || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (1..=LONGEST_NAME).contains(&name.chars().count())
        && name.chars().all(fits)
        && name.split('.').all(|part| !part.is_empty())
}

/// An accent that has no letter of its own to be part of.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// The host as DNS has it, without the dot of the root.
fn host_of(text: &str) -> Option<String> {
    let text = text.trim_end_matches(['.', '\u{3002}']);
    let host = idna::domain_to_ascii_strict(text).ok()?;
    (!host.is_empty() && !host.ends_with('.')).then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Email;

    fn parsed(text: &str) -> String {
        Email::parse(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        for same in [
            "ada7@example.com",
            "  Ada7@Example.COM ",
            "ADA7@EXAMPLE.COM.",
            "ada7@example.com..",
            "ada\u{ff17}@example.com",
            "\u{ff21}\u{ff24}\u{ff21}7@example.com",
            "ada7\u{ff20}example\u{ff0e}com",
            "ada7@example\u{3002}com\u{3002}",
            "a\u{200b}da7@exam\u{ad}ple.com",
            "\u{feff}ada7@example.com",
            "ada\u{2060}7@example\u{200d}.com",
            "ada7\u{fe0f}@example.com",
            "\u{1d4ea}da\u{1d7d5}@example.com",
        ] {
            assert_eq!(parsed(same), "ada7@example.com", "{same:?}");
        }
        assert_eq!(parsed("a@BU\u{308}CHER.example"), "a@xn--bcher-kva.example");
        assert_eq!(parsed("a@b\u{fc}cher.example"), "a@xn--bcher-kva.example");
        assert_eq!(parsed("Ren\u{e9}e@a.b"), parsed("rene\u{301}e@a.b"));
        assert_eq!(
            Email::parse("ada@example.com").unwrap().domain(),
            "example.com"
        );
        assert_eq!(Email::parse("ada@example.com").unwrap().name(), "ada");
    }

    #[test]
    fn what_is_no_address_or_could_be_more_than_one_is_refused() {
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@.",
            "a@b@c",
            "a b@c",
            "a\0@b",
            "ada@example.com\r\nBcc: all@example.com",
            "ada@exam\nple.com",
            "ada\u{2028}@example.com",
            "\u{202e}moc.elpmaxe@ada",
            "ada\u{200f}@example.com",
            "ada\u{2067}@example.com",
            "ada@example..com",
            ".ada@example.com",
            "ada.@example.com",
            "a..da@example.com",
            "ada@-example.com",
            "ada@exam_ple.com",
            "ada@exa mple.com",
            "<ada@example.com>",
            "Ada <ada@example.com>",
            "ada@example.com,bob@example.com",
            "ada@example.com;bob@example.com",
            "\"ada\"@example.com",
            "ada(x)@example.com",
            "ada:x@example.com",
            "ada@[127.0.0.1]",
            "ada@example.com%00",
            &format!("{}@example.com", "x".repeat(65)),
            &format!("a@{}", "x".repeat(64)),
            &format!("a@{}com", "abcdefgh.".repeat(40)),
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn the_form_of_a_form_is_itself(text in "\\PC{0,20}@\\PC{0,20}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
                prop_assert_eq!(email.as_str().to_lowercase(), email.as_str());
            }
        }

        #[test]
        fn an_address_never_breaks_a_header(text in any::<String>()) {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(!email.as_str().contains(['\r', '\n', '<', '>', ',', ' ', '"']));
            }
        }
    }
}
