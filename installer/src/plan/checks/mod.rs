//! Is the host ready? Every check says what it found, and what to do where that is not enough.

mod bundle;
mod guards;
mod host;
mod installation;

pub(crate) use bundle::maintenance;

use offline::Manifest;
use serde::Serialize;

use crate::facts::{Facts, PortState};
use crate::steps::Kind;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    Warning,
    Failed,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) fact: String,
    /// What to do, where the verdict is not `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// A check that found nothing wrong.
pub(crate) fn ok(name: &'static str, fact: impl Into<String>) -> Check {
    Check {
        name,
        verdict: Verdict::Ok,
        fact: fact.into(),
        hint: None,
    }
}

fn not_ok(
    verdict: Verdict,
    name: &'static str,
    fact: impl Into<String>,
    hint: impl Into<String>,
) -> Check {
    Check {
        name,
        verdict,
        fact: fact.into(),
        hint: Some(hint.into()),
    }
}

/// One that speaks against going on.
pub(crate) fn failed(
    name: &'static str,
    fact: impl Into<String>,
    hint: impl Into<String>,
) -> Check {
    not_ok(Verdict::Failed, name, fact, hint)
}

/// One that deserves attention.
pub(crate) fn warning(
    name: &'static str,
    fact: impl Into<String>,
    hint: impl Into<String>,
) -> Check {
    not_ok(Verdict::Warning, name, fact, hint)
}

/// All checks; those about a bundle only when there is one.
pub(crate) fn checks(facts: &Facts, manifest: Option<&Manifest>, kind: Kind) -> Vec<Check> {
    let mut all = vec![
        host::root(facts),
        host::engine(facts),
        host::compose(facts, manifest),
        host::memory(facts),
    ];
    all.push(guards::permissions(facts));
    all.extend(guards::storage(facts));
    all.extend(guards::cgroups(facts));
    all.extend(guards::guards(facts));
    all.extend(guards::compose_file(facts));
    all.extend(host::seen(facts));
    all.extend(host::disks(facts, manifest));
    all.extend(facts.ports.iter().map(|(port, state)| {
        let where_ = format!("{}:{} for {}", port.address, port.number, port.what);
        match state {
            PortState::Free => ok("port", format!("{where_} is free")),
            PortState::Ours => ok("port", format!("{where_} is held by this installation")),
            PortState::Taken(why) => failed(
                "port",
                format!("{where_} cannot be had: {why}"),
                format!("stop what holds it, or choose another with {}", port.option),
            ),
        }
    }));
    if let Some(manifest) = manifest {
        all.extend([
            bundle::platform(facts, manifest),
            bundle::installer(manifest),
            bundle::clock(facts, manifest),
            match kind {
                Kind::Install | Kind::Restore => installation::existing(facts, manifest),
                Kind::Upgrade => installation::upgradable(facts, manifest),
            },
        ]);
        if kind == Kind::Upgrade {
            all.push(installation::running(facts));
            all.extend(installation::database_version(facts, manifest));
        }
        all.extend(bundle::base(facts, manifest));
    }
    all.extend(installation::orphaned_data(facts));
    all
}
