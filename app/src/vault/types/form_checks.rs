//! What a form of field asks of its text, and the usual form it is brought into.

use time::format_description::FormatItem;
use time::macros::format_description;
use url::Url;

use super::Form;
use crate::identity::Email;

/// The schemes of addresses that lead somewhere. None of them runs anything in a browser.
const SCHEMES: [&str; 26] = [
    "http",
    "https",
    "ssh",
    "sftp",
    "ftp",
    "ftps",
    "rdp",
    "vnc",
    "telnet",
    "ldap",
    "ldaps",
    "smb",
    "nfs",
    "imap",
    "imaps",
    "pop3",
    "smtp",
    "smtps",
    "postgres",
    "postgresql",
    "mysql",
    "mongodb",
    "redis",
    "amqp",
    "androidapp",
    "iosapp",
];

const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

impl Form {
    /// Checks a text that is not empty.
    ///
    /// # Errors
    /// What it must be. Never the text.
    pub(in crate::vault) fn checked(self, text: &str) -> Result<String, &'static str> {
        match self {
            Self::Line | Self::Lines | Self::Markdown | Self::Password => Ok(text.to_owned()),
            // These are read by what knows the whole record.
            Self::Key | Self::Otpauth => Ok(text.to_owned()),
            Self::Url => url(text),
            Self::Email => email(text),
            Self::Phone => phone(text),
            Self::Date => day(text),
            Self::Month => month(text),
            Self::Digits => digits(text),
        }
    }
}

/// An address. A host alone is taken as one of the web.
fn url(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be an address such as https://example.com or ssh://host";
    let text = text.trim();
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&whole).map_err(|_| WRONG)?;
    if !SCHEMES.contains(&url.scheme()) || !url.has_host() || whole.contains(char::is_whitespace) {
        return Err(WRONG);
    }
    // Addresses are open, and shown in lists.
    if url.password().is_some() {
        return Err("must not hold a password: it has a field of its own");
    }
    Ok(whole)
}

fn email(text: &str) -> Result<String, &'static str> {
    match Email::parse(text) {
        Ok(_) => Ok(text.trim().to_owned()),
        Err(_) => Err("must be an e-mail address"),
    }
}

fn phone(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let allowed = |c: char| c.is_ascii_digit() || "+-/().,;#* x".contains(c);
    let numbers = text.chars().filter(char::is_ascii_digit).count();
    if text.chars().all(allowed) && (2..=40).contains(&numbers) {
        Ok(text.to_owned())
    } else {
        Err("must be a telephone number")
    }
}

fn day(text: &str) -> Result<String, &'static str> {
    let day = time::Date::parse(text.trim(), DAY);
    let day = day.map_err(|_| "must be a day, as 1990-12-31")?;
    day.format(DAY).map_err(|_| "must be a day, as 1990-12-31")
}

/// A month, as `2031-05`; cards say `05/31` or `05/2031`.
fn month(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "must be a month, as 2031-05";
    let compact: String = text.split_whitespace().collect();
    let (year, month) = if let Some((month, year)) = compact.split_once('/') {
        (year, month)
    } else {
        compact.split_once('-').ok_or(WRONG)?
    };
    let number = |text: &str| {
        let shaped = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        shaped.then(|| text.parse::<u16>().ok()).flatten()
    };
    let century = match year.len() {
        2 => 2000,
        4 => 0,
        _ => return Err(WRONG),
    };
    let (year, month) = (number(year).ok_or(WRONG)?, number(month).ok_or(WRONG)?);
    let year = year.saturating_add(century);
    if (1..=12).contains(&month) && (1950..=2199).contains(&year) {
        Ok(format!("{year:04}-{month:02}"))
    } else {
        Err(WRONG)
    }
}

/// Digits, without what people put between them.
fn digits(text: &str) -> Result<String, &'static str> {
    let digits: String = text.chars().filter(|c| !" -\u{a0}".contains(*c)).collect();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err("must be digits")
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn addresses_lead_somewhere_and_run_nothing() {
        for (text, expected) in [
            ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
            ("example.com", "https://example.com"),
            ("localhost:8080/x", "https://localhost:8080/x"),
            ("ssh://root@host:22", "ssh://root@host:22"),
            ("androidapp://com.example", "androidapp://com.example"),
            ("HTTPS://Example.com", "HTTPS://Example.com"),
            ("https://bücher.example", "https://bücher.example"),
            ("192.168.0.1", "https://192.168.0.1"),
            ("[::1]:4000", "https://[::1]:4000"),
        ] {
            assert_eq!(Form::Url.checked(text).as_deref(), Ok(expected));
        }
        for bad in [
            "javascript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "JaVaScRiPt://x",
            "java\tscript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "data://text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://example.com/x",
            "view-source://example.com",
            "https://user:password@example.com",
            "https://",
            "https://exa mple.com",
            "no spaces here",
        ] {
            assert!(Form::Url.checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_and_months_are_written_one_way() {
        assert_eq!(
            Form::Date.checked("2024-02-29").as_deref(),
            Ok("2024-02-29")
        );
        for bad in ["2023-02-29", "29.02.2024", "2024-2-9", "", "99999-01-01"] {
            assert!(Form::Date.checked(bad).is_err(), "{bad}");
        }
        for (text, expected) in [
            ("2031-05", "2031-05"),
            ("05/31", "2031-05"),
            ("5 / 2031", "2031-05"),
        ] {
            assert_eq!(Form::Month.checked(text).as_deref(), Ok(expected));
        }
        for bad in [
            "13/31", "0/31", "2031", "05/031", "+5/31", "٠٥/31", "-05-31",
        ] {
            assert!(Form::Month.checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn digits_lose_what_stands_between_them() {
        assert_eq!(Form::Digits.checked("12 34-5").as_deref(), Ok("12345"));
        for bad in ["", " ", "12a", "１２"] {
            assert!(Form::Digits.checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn people_are_reached_by_mail_and_telephone() {
        assert!(Form::Email.checked("ada@example.com").is_ok());
        assert!(Form::Email.checked("ada@").is_err());
        assert!(Form::Phone.checked("+49 (0)89 / 123-456 x7").is_ok());
        for bad in ["call me", "1", "+1<script>"] {
            assert!(Form::Phone.checked(bad).is_err(), "{bad}");
        }
    }
}
