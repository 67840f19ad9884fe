//! What a release may be called. Its name becomes part of paths on the server, so that a version is
//! checked like any other text of a stranger, signed or not.

/// The longest version, in bytes.
const LONGEST: usize = 64;

/// Whether a text is a version as semantic versioning 2.0.0 has it.
#[must_use]
pub fn is_version(text: &str) -> bool {
    let (rest, build) = match text.split_once('+') {
        Some((rest, build)) => (rest, Some(build)),
        None => (text, None),
    };
    let (core, pre) = match rest.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (rest, None),
    };
    let numbers = core.split('.');
    text.len() <= LONGEST
        && numbers.clone().count() == 3
        && numbers.clone().all(is_number)
        && pre.is_none_or(|pre| pre.split('.').all(|part| is_word(part, false)))
        && build.is_none_or(|build| build.split('.').all(|part| is_word(part, true)))
}

/// Decimal, without a zero in front.
fn is_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

/// A part behind the numbers; one of digits alone is a number, unless it only tells builds apart.
fn is_word(text: &str, is_build: bool) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    !text.is_empty() && text.bytes().all(plain) && (is_build || !digits || is_number(text))
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn only_versions_are_versions() {
        for good in [
            "1.2.3",
            "0.1.0",
            "10.20.30",
            "1.4.0-rc.1",
            "1.4.0-0a.x-y",
            "1.0.0+build.005",
            "1.0.0-a+b",
            "1.0.0+a-b",
        ] {
            assert!(is_version(good), "{good}");
        }
        let long = format!("1.2.3-{}", "a".repeat(60));
        for bad in [
            "",
            ".",
            "..",
            "../../x",
            "/",
            "1",
            "1.2",
            "1.2.3.4",
            "v1.2.3",
            "1.2.x",
            "1.2.3-",
            "1.2.3+",
            "1.2.3/..",
            "1.2.3-a b",
            "1.2.3-a/b",
            "1..3",
            "01.2.3",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.3\n",
            "1.2.3-ä",
            "1.2.3+a+b",
            "-1.2.3",
            " 1.2.3",
            "1.2.3\0",
            &long,
        ] {
            assert!(!is_version(bad), "{bad:?}");
        }
    }
}
