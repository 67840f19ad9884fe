//! Variables of a program's environment.

use super::Record;

/// Checks the variable's name.
pub(super) fn complete(record: &mut Record<'_>) {
    let name = record.get("variable");
    if !name.is_empty() && !is_variable(name) {
        record.refuse(
            "variable",
            "must be a name of letters, digits and underscores that begins with no digit",
        );
    }
}

/// Whether shells take it as the name of a variable (POSIX.1, 3.216).
fn is_variable(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::super::SecretType::EnvVar;
    use super::super::tests::complete;

    #[test]
    fn a_variable_has_a_name_that_shells_take() {
        let named = |name| complete(EnvVar, &[("variable", name), ("value", " as it is\n")]);
        for good in ["PATH", "_x", "DB_URL_2"] {
            let record = named(good).unwrap();
            assert_eq!(record["value"].as_str(), " as it is\n");
        }
        for bad in ["2FAST", "A-B", "A B", "A=B", "Ä", "$(reboot)", ""] {
            assert_eq!(named(bad).unwrap_err()[0].name, "fields.variable", "{bad}");
        }
    }
}
