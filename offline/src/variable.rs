//! The variables that a release reads, so that an upgrade can say which are new, renamed, or of no use
//! any more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::Kind;

/// More than this is no template.
const MOST: usize = 1000;
const LONGEST: usize = 100;

/// A variable of `.env`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Variable {
    /// Its name, as POSIX allows it.
    pub name: String,
    /// What earlier releases called it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
}

/// Whether a text can be the name of a variable: POSIX.1-2017, 8.1.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    first && text.len() <= LONGEST && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Every name is one, and stands for one thing.
pub(crate) fn check(variables: &[Variable]) -> Result<(), Kind> {
    let broken = |words: String| Err(Kind::Inconsistent(words));
    if variables.len() > MOST {
        return broken("it has too many variables".to_owned());
    }
    let mut seen = BTreeSet::new();
    for name in variables
        .iter()
        .flat_map(|variable| std::iter::once(&variable.name).chain(&variable.was))
    {
        if !is_name(name) {
            return broken("a variable has an impossible name".to_owned());
        }
        if !seen.insert(name) {
            return broken(format!("the variable {name} comes twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Variable, check};

    fn variable(name: &str, was: &[&str]) -> Variable {
        Variable {
            name: name.into(),
            was: was.iter().map(|&name| name.into()).collect(),
        }
    }

    #[test]
    fn a_name_stands_for_one_thing() {
        assert!(check(&[variable("A", &["OLD_A"]), variable("_B1", &[])]).is_ok());
        for bad in [
            vec![variable("A", &[]), variable("A", &[])],
            vec![variable("A", &[]), variable("B", &["A"])],
            vec![variable("A=", &[])],
            vec![variable("1A", &[])],
            vec![variable("", &[])],
            vec![variable("A", &["x y"])],
            vec![variable(&"A".repeat(101), &[])],
            vec![variable("A", &[]); 1001],
        ] {
            assert!(check(&bad).is_err(), "{bad:?}");
        }
    }
}
