//! What happens to `.env`: a pure function of what is there, what releases read, and what was chosen.

use std::collections::BTreeMap;
use std::fmt;

use offline::{Role, Variable};
use serde::Serialize;

use crate::choices::Choices;
use crate::envfile::EnvFile;
use crate::steps::SECRETS;

/// A change of one variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "change")]
pub(crate) enum VariableChange {
    /// It is ours, and gets another value.
    Set { name: String, value: String },
    /// The new release calls it otherwise; its value goes with it.
    Renamed { name: String, was: String },
    /// The new release brings it; its default is written down.
    Added { name: String },
    /// The new release does not read it any more; the line stays.
    Obsolete { name: String },
}

impl fmt::Display for VariableChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set { name, value } => write!(f, "{name}={value}"),
            Self::Renamed { name, was } => write!(f, "{was} is called {name} now; its value stays"),
            Self::Added { name } => write!(f, "{name} is new"),
            Self::Obsolete { name } => write!(f, "{name} is not read any more; its line stays"),
        }
    }
}

/// The variables that the installer sets, whatever stands there.
pub(crate) fn ours(
    choices: &Choices,
    images: &BTreeMap<String, String>,
) -> Vec<(&'static str, String)> {
    let mut set = vec![
        ("COMPOSE_PROJECT_NAME", choices.project.clone()),
        ("APP_BASE_URL", choices.base_url.clone()),
        ("APP_BIND", choices.app_bind.clone()),
        ("APP_PORT", choices.app_port.to_string()),
        ("ADMIN_BIND", choices.admin_bind.clone()),
        ("ADMIN_PUBLISHED_PORT", choices.admin_port.to_string()),
        // What was loaded has no digest of a registry: ids name it, and nothing may be pulled.
        ("IMAGE_PULL_POLICY", "never".to_owned()),
        ("LICENSE_DIR", "./license".to_owned()),
    ];
    for (role, name) in [
        (Role::App, "APP_IMAGE"),
        (Role::Db, "DB_IMAGE"),
        (Role::Cache, "CACHE_IMAGE"),
    ] {
        if let Some(id) = images.get(role.as_str()) {
            set.push((name, id.clone()));
        }
    }
    set
}

/// The changes, in the order in which they are made. `old` is what the installed release reads;
/// without one, nothing is new and nothing obsolete.
pub(crate) fn variables(
    env: &EnvFile,
    old: &[Variable],
    new: &[Variable],
    ours: &[(&'static str, String)],
) -> Vec<VariableChange> {
    let mut changes = Vec::new();
    let mut after = env.clone();
    for variable in new {
        let was = variable.was.iter().find(|was| env.has(was));
        if let Some(was) = was.filter(|_| !env.has(&variable.name)) {
            after.rename(was, &variable.name);
            changes.push(VariableChange::Renamed {
                name: variable.name.clone(),
                was: was.clone(),
            });
        }
    }
    for (name, value) in ours {
        if after.get(name) != Some(value) {
            changes.push(VariableChange::Set {
                name: (*name).to_owned(),
                value: value.clone(),
            });
        }
    }
    for (file, name, _) in SECRETS {
        // A secret that the operator gives in another way is theirs.
        let by_value = name
            .strip_suffix("_FILE")
            .and_then(|plain| after.get(plain));
        if after.get(name).is_none() && by_value.is_none() {
            changes.push(VariableChange::Set {
                name: (*name).to_owned(),
                value: format!("./secrets/{file}"),
            });
        }
    }
    if old.is_empty() {
        return changes;
    }
    let set: Vec<&str> = ours.iter().map(|(name, _)| *name).collect();
    let known = |list: &[Variable], name: &str| list.iter().any(|variable| variable.name == name);
    for Variable { name, .. } in new {
        if !known(old, name) && !after.has(name) && !set.contains(&name.as_str()) {
            changes.push(VariableChange::Added { name: name.clone() });
        }
    }
    for Variable { name, .. } in old {
        if !known(new, name) && after.has(name) {
            changes.push(VariableChange::Obsolete { name: name.clone() });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use offline::Variable;

    use super::variables;
    use crate::envfile::EnvFile;

    fn reads(names: &[(&str, &[&str])]) -> Vec<Variable> {
        let variable = |&(name, was): &(&str, &[&str])| Variable {
            name: name.into(),
            was: was.iter().map(|&was| was.into()).collect(),
        };
        names.iter().map(variable).collect()
    }

    fn shown(env: &str, old: &[Variable], new: &[Variable]) -> Vec<String> {
        let env = EnvFile::parse(env, Path::new(".env")).unwrap();
        let ours = [("APP_PORT", "4000".to_owned())];
        let changes = variables(&env, old, new, &ours);
        let lines = changes.iter().map(ToString::to_string);
        lines.filter(|line| !line.contains("secrets/")).collect()
    }

    #[test]
    fn new_renamed_and_obsolete_are_told_apart() {
        let old = reads(&[
            ("A", &[]),
            ("GONE", &[]),
            ("UNUSED", &[]),
            ("APP_PORT", &[]),
        ]);
        let new = reads(&[("B", &["A"]), ("FRESH", &[]), ("APP_PORT", &[])]);
        assert_eq!(
            shown("A=1\nGONE=2\nAPP_PORT=4000\n", &old, &new),
            [
                "A is called B now; its value stays",
                "FRESH is new",
                "GONE is not read any more; its line stays"
            ]
        );
        // Whoever knows the new name already keeps what he wrote.
        assert_eq!(
            shown("A=1\nB=2\nFRESH=\nAPP_PORT=1\n", &old, &new),
            ["APP_PORT=4000", "A is not read any more; its line stays"]
        );
        assert_eq!(shown("APP_PORT=4000\n", &[], &new), Vec::<String>::new());
    }
}
