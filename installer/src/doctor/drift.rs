//! Drift between what runs and what would be started: Compose's labels, published ports, and the
//! migrations by their contents.

use std::collections::BTreeMap;

use offline::Manifest;
use sha2::{Digest as _, Sha384};

use super::Found;
use crate::choices::Choices;
use crate::engine::{Container, Published};
use crate::layout::Layout;
use crate::plan::{Check, failed, ok, warning};

/// What the database says of the migrations that it has: SHA-384 by number, in hexadecimal.
pub(crate) type Checksums = BTreeMap<u32, String>;

pub(super) fn judge(found: &Found) -> Vec<Check> {
    let mut checks = labels(found);
    checks.extend(ports(found));
    checks.extend(migrations(found));
    checks
}

/// Compose writes the hash of a service's configuration into a label.
fn labels(found: &Found) -> Vec<Check> {
    let hashes = match &found.hashes {
        Ok(hashes) => hashes,
        Err(why) => {
            let hint = "see whether docker-compose.override.yml and .env are as Compose wants them";
            return vec![failed("compose", why.clone(), hint)];
        }
    };
    let differing: Vec<&str> = hashes
        .iter()
        .filter(|(service, hash)| {
            let mut containers = found.containers.iter();
            let container = containers.find(|one| one.service == *service);
            container.is_some_and(|one| one.config_hash.as_ref() != Some(hash))
        })
        .map(|(service, _)| service.as_str())
        .collect();
    if differing.is_empty() {
        return vec![ok(
            "compose",
            "what runs was started from the files that are there",
        )];
    }
    let hint = "what was changed takes effect with the next `docker compose up -d` in the folder of \
                the installation; until then another configuration runs";
    vec![warning(
        "compose",
        format!(
            "{} was started from other files than those that are there",
            differing.join(", ")
        ),
        hint,
    )]
}

/// What is published, against what `.env` says.
fn ports(found: &Found) -> Vec<Check> {
    let mut checks = Vec::new();
    let expected = expected(&found.choices);
    for container in &found.containers {
        for port in &container.ports {
            if container.service == "app" && expected.contains(port) {
                continue;
            }
            checks.push(failed(
                "ports",
                format!("{} is published as {}", container.service, port.shown()),
                "nothing of the release publishes it: look at docker-compose.override.yml and .env",
            ));
        }
    }
    let bound = |port: &Published| found.app_ports().contains(port);
    for port in expected.iter().filter(|port| !bound(port)) {
        if found.app_ports().is_empty() {
            break;
        }
        checks.push(failed(
            "ports",
            format!("{} is in .env, and is not bound", port.shown()),
            "start the app again: docker compose up -d",
        ));
    }
    if !found.choices.admin_is_local() {
        checks.push(warning(
            "ports",
            format!(
                "the admin plane is published on {}",
                found.choices.admin_bind
            ),
            "set ADMIN_BIND=127.0.0.1 and reach it through SSH",
        ));
    }
    if checks.is_empty() {
        checks.push(ok("ports", "published is what .env says, and nothing else"));
    }
    checks
}

fn expected(choices: &Choices) -> Vec<Published> {
    let ports = choices.ports();
    ports
        .into_iter()
        .map(|port| Published {
            address: port.address,
            port: port.number,
        })
        .collect()
}

/// What was applied has to be what the release signed, byte for byte.
fn migrations(found: &Found) -> Option<Check> {
    let (applied, signed) = (found.checksums.as_ref()?, found.signed.as_ref()?);
    let differing: Vec<String> = applied
        .iter()
        .filter(|(version, sum)| signed.get(version).is_some_and(|ours| ours != *sum))
        .map(|(version, _)| format!("{version:04}"))
        .collect();
    Some(if differing.is_empty() {
        ok(
            "schema",
            "the migrations that were applied are those of the release",
        )
    } else {
        failed(
            "schema",
            format!(
                "migration {} was applied with other contents",
                differing.join(", ")
            ),
            "the record was changed, or another release's migration was applied: restore a backup",
        )
    })
}

/// The checksums of the release's migrations, as far as their files are those that were signed.
pub(super) fn signed(layout: &Layout, manifest: &Manifest) -> Checksums {
    let folder = layout.release(&manifest.version).join("migrations");
    let mut sums = Checksums::new();
    for entry in &manifest.migrations {
        let name = format!("{:04}_{}.sql", entry.version, entry.name);
        if let Ok(sql) = std::fs::read(folder.join(name))
            && offline::Digest::of(&sql) == entry.sha256
        {
            sums.insert(entry.version, hex::encode(Sha384::digest(&sql)));
        }
    }
    sums
}

impl Found {
    fn app_ports(&self) -> &[Published] {
        let mut containers = self.containers.iter();
        let app = containers.find(|one: &&Container| one.service == "app");
        app.map_or(&[], |app| app.ports.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::{judge, labels, migrations, ports};
    use crate::doctor::judge::tests::healthy;
    use crate::engine::Published;
    use crate::plan::Verdict;

    #[test]
    fn what_is_as_it_was_started_is_well() {
        let checks = judge(&healthy());
        assert!(
            checks.iter().all(|check| check.verdict == Verdict::Ok),
            "{checks:?}"
        );
    }

    #[test]
    fn every_drift_is_named() {
        let mut found = healthy();
        found.containers[0].config_hash = Some("another".into());
        assert!(labels(&found)[0].fact.starts_with("app was started"));

        let mut found = healthy();
        found.containers[0].ports[1].address = "0.0.0.0".into();
        let facts: Vec<String> = ports(&found).into_iter().map(|check| check.fact).collect();
        assert_eq!(
            facts,
            [
                "app is published as 0.0.0.0:4100",
                "127.0.0.1:4100 is in .env, and is not bound"
            ]
        );

        let mut found = healthy();
        found.containers[1].ports.push(Published {
            address: "0.0.0.0".into(),
            port: 5432,
        });
        assert!(ports(&found)[0].fact.contains("db is published"));

        let mut found = healthy();
        found.checksums = Some([(1, "x".to_owned())].into());
        found.signed = Some([(1, "y".to_owned())].into());
        assert!(migrations(&found).is_some_and(|check| check.fact.contains("0001")));
    }
}
