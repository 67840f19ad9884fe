//! The variables of the template, for the manifest. A comment `# was: NAME` above a variable says what
//! earlier releases called it.

use offline::Variable;
use offline::variable::is_name;

const WAS: &str = "# was:";

/// Reads the template.
pub(crate) fn of_template(text: &str) -> Vec<Variable> {
    let mut variables = Vec::new();
    let mut was = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(names) = line.strip_prefix(WAS) {
            was.extend(names.split_whitespace().map(str::to_owned));
        } else if let Some((name, _)) = line.split_once('=').filter(|(name, _)| is_name(name)) {
            variables.push(Variable {
                name: name.to_owned(),
                was: std::mem::take(&mut was),
            });
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::of_template;

    #[test]
    fn names_and_what_they_were() {
        let found = of_template("# A port.\n# was: PORT HTTP_PORT\nAPP_PORT=1\n\n# B=2\nC=\n");
        let shown: Vec<String> = found
            .iter()
            .map(|variable| format!("{} {}", variable.name, variable.was.join(",")))
            .collect();
        assert_eq!(shown, ["APP_PORT PORT,HTTP_PORT", "C "]);
    }
}
