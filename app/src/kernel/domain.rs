//! Names of domains.

use super::FieldProblem;

/// The most domains that one setting names.
const MOST: usize = 50;

/// Checks the domains of a setting: in lower case, each once. Nothing but whole domains: no wildcard,
/// no address.
///
/// # Errors
/// What is wrong with them, as a problem of the field.
pub fn domains(field: &str, names: &[String]) -> Result<Vec<String>, FieldProblem> {
    let refuse = |message: &str| FieldProblem::new(field, message);
    if names.len() > MOST {
        return Err(refuse("must be at most 50 domains"));
    }
    let mut found = Vec::new();
    for name in names {
        let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
        if !is_domain(&name) {
            return Err(refuse("must be domains such as example.com"));
        }
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}

/// A name of two labels or more (RFC 1123, 2.1); others are written in Punycode.
fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::{domains, is_domain};

    #[test]
    fn a_domain_is_a_domain() {
        for good in ["example.com", "a.b", "xn--bcher-kva.example", "1.2.3"] {
            assert!(is_domain(good), "{good}");
        }
        let long = format!("{}.com", "a".repeat(64));
        for bad in [
            "", "*", "com", ".com", "a..b", "-a.com", "a-.com", "a@b.com", "*.a.com", "ä.com",
            "a b.com", "a_b.com", "％.com", &long,
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
    }

    #[test]
    fn each_is_named_once_and_in_one_way() {
        let given = ["A.example", "a.example.", " b.example "].map(str::to_owned);
        assert_eq!(domains("d", &given).unwrap(), ["a.example", "b.example"]);
        let many: Vec<String> = (0..51).map(|n| format!("{n}.example")).collect();
        assert_eq!(domains("d", &many).unwrap_err().name, "d");
    }
}
