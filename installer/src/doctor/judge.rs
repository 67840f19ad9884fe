//! What the look means: a check for everything, each with what to do.

use console::bytes;
use offline::Role;
use time::Duration;

use super::Found;
use crate::licence::day;
use crate::plan::{Check, failed, ok, warning};

/// A certificate that ends sooner than this is worth a remark.
const SHORT_CERTIFICATE: Duration = Duration::days(21);
/// A backup that is older than this is worth a remark.
const OLD_BACKUP: Duration = Duration::days(7);
/// Less free space than this is worth a remark.
const LITTLE_SPACE: u64 = 2 << 30;
/// PostgreSQL 16 before this has known faults in row-level security (CVE-2026-14666).
const SAFE_POSTGRES: u32 = 160_015;

/// Judges.
pub(crate) fn judge(found: &Found) -> Vec<Check> {
    let mut checks = images(found);
    checks.extend(files(found));
    checks.extend([
        app(found),
        migrations(found),
        roles(found),
        audit(found),
        license(found),
        backup(found),
        secrets(found),
    ]);
    checks.extend(certificate(found));
    checks.extend(postgres(found));
    checks.extend(space(found));
    checks.extend(super::drift::judge(found));
    if found.interrupted {
        checks.push(warning(
            "run",
            "a run broke off",
            "run the same command again, or `rollback`",
        ));
    }
    checks
}

fn images(found: &Found) -> Vec<Check> {
    let mut checks = Vec::new();
    for role in [Role::App, Role::Db, Role::Cache] {
        let service = role.as_str();
        let wanted = found.state.images.get(service);
        let container = found.containers.iter().find(|one| one.service == service);
        checks.push(match (container, wanted) {
            (None, _) => failed(
                "image",
                format!("{service} has no container"),
                "run `install` again with the bundle: it starts what is missing",
            ),
            (Some(one), _) if one.state != "running" => failed(
                "image",
                format!("{service} is {}", one.state),
                format!("look at `vaultterm-install logs {service}`"),
            ),
            (Some(one), Some(id)) if one.image_id == *id => {
                ok("image", format!("{service} runs the release's image"))
            }
            (Some(one), _) => failed(
                "image",
                format!("{service} runs another image: {}", one.image_id),
                "somebody changed it: look at .env and docker-compose.override.yml, then run \
                 `install` again with the bundle",
            ),
        });
    }
    checks
}

fn files(found: &Found) -> Vec<Check> {
    let Some(manifest) = &found.manifest else {
        return vec![failed(
            "files",
            "the manifest of the installed release is not there",
            "run `install` again with its bundle",
        )];
    };
    let mut checks = Vec::new();
    for file in &found.files {
        let mut promised = manifest.files();
        let promised = promised.find(|member| member.name.file_path() == Some(&file.name));
        let fact = match (file.found, promised) {
            (None, _) => format!("{} is not there", file.name),
            (Some((digest, _)), Some(member)) if digest != member.sha256 => {
                format!("{} is not the release's", file.name)
            }
            (Some((_, mode)), Some(member)) if mode != member.mode & 0o777 => {
                format!("{} has mode {mode:04o}", file.name)
            }
            _ => continue,
        };
        let hint = "`vaultterm-install doctor --fix` puts the release's in its place; your changes \
                    belong into docker-compose.override.yml";
        checks.push(failed("files", fact, hint));
    }
    if checks.is_empty() {
        let count = found.files.len();
        checks.push(ok(
            "files",
            format!("{count} mounted files are the release's"),
        ));
    }
    checks
}

fn app(found: &Found) -> Check {
    match &found.app {
        Ok(()) => ok("app", "the app is ready and opens what it stored"),
        Err(why) => failed(
            "app",
            format!("the app does not do: {why}"),
            "look at `logs app`",
        ),
    }
}

fn migrations(found: &Found) -> Check {
    let expected: Vec<u32> = found
        .manifest
        .iter()
        .flat_map(|manifest| &manifest.migrations)
        .map(|entry| entry.version)
        .collect();
    match &found.migrations {
        Ok(applied) if *applied == expected => ok(
            "schema",
            format!(
                "the database has the release's {} migrations",
                applied.len()
            ),
        ),
        Ok(applied) => failed(
            "schema",
            format!("the database has migrations {applied:?}, not {expected:?}"),
            "restart the app, which applies what is missing; if there are more, another release \
             was here: restore a backup",
        ),
        Err(why) => failed("schema", why.clone(), "look at `logs db`"),
    }
}

fn roles(found: &Found) -> Check {
    match &found.roles {
        Err(why) => failed("roles", why.clone(), "look at `logs db`"),
        Ok(roles) if roles.len() < 2 => failed(
            "roles",
            "a role of the database is missing",
            "restore a backup onto a new installation",
        ),
        Ok(roles) => match roles.iter().find(|role| role.privileged) {
            None => ok(
                "roles",
                "neither role of the app has more rights than it needs",
            ),
            Some(role) => failed(
                "roles",
                format!(
                    "role {} has rights that pass by the walls between tenants",
                    role.name
                ),
                format!(
                    "take them away: ALTER ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB",
                    role.name
                ),
            ),
        },
    }
}

fn audit(found: &Found) -> Check {
    match &found.audit {
        Ok(said) => ok("audit", format!("the audit trails are {said}")),
        Err(why) => failed(
            "audit",
            why.clone(),
            "somebody changed the database past the app, or the app could not read it: keep a backup \
             as evidence, find out who could, and compare with an earlier backup",
        ),
    }
}

fn certificate(found: &Found) -> Option<Check> {
    let url = &found.choices.base_url;
    Some(match found.certificate.as_ref()? {
        Err(why) => warning(
            "certificate",
            format!("the certificate of {url} cannot be seen from here: {why}"),
            "see whether the reverse proxy runs, and whether this host knows its name",
        ),
        Ok(until) if *until < found.now => failed(
            "certificate",
            format!("the certificate of {url} has expired on {}", day(*until)),
            "put a new one into the reverse proxy: browsers and passkeys refuse this one",
        ),
        Ok(until) => {
            let left = *until - found.now;
            let fact = format!(
                "the certificate of {url} is good for {} days",
                left.whole_days()
            );
            if left < SHORT_CERTIFICATE {
                warning("certificate", fact, "renew it in the reverse proxy")
            } else {
                ok("certificate", fact)
            }
        }
    })
}

fn license(found: &Found) -> Check {
    match &found.license {
        Ok(None) => ok("licence", "the licence is in force"),
        Ok(Some(words)) => warning("licence", words.clone(), "see `license show`"),
        Err(why) => failed(
            "licence",
            why.clone(),
            "put the vendor's file in place with `license install`",
        ),
    }
}

fn backup(found: &Found) -> Check {
    let hint = "make one with `vaultterm-install backup`";
    match found.backup {
        None => warning("backup", "there is no backup", hint),
        Some(made) => {
            let age = found.now - made;
            let fact = format!("the newest backup is {} days old", age.whole_days());
            if age > OLD_BACKUP {
                warning("backup", fact, hint)
            } else {
                ok("backup", fact)
            }
        }
    }
}

fn secrets(found: &Found) -> Check {
    match found.open_secrets.first() {
        None => ok("secrets", "only their owners can read the secrets"),
        Some(path) => failed(
            "secrets",
            format!("others can read {}", path.display()),
            format!(
                "chmod 600 {}, and think about who has read it",
                path.display()
            ),
        ),
    }
}

fn postgres(found: &Found) -> Option<Check> {
    let version = found.postgres.filter(|version| *version < SAFE_POSTGRES)?;
    Some(warning(
        "postgres",
        format!(
            "PostgreSQL {}.{} has known faults",
            version / 10_000,
            version % 10_000
        ),
        "ask the vendor for a release with 16.15 or later",
    ))
}

fn space(found: &Found) -> Option<Check> {
    let free = found.free?;
    Some(if free < LITTLE_SPACE {
        warning(
            "disk",
            format!("{} are free", bytes(free)),
            "remove old backups with `backup prune`, or make room",
        )
    } else {
        ok("disk", format!("{} are free", bytes(free)))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use time::OffsetDateTime;

    use super::judge;
    use crate::choices::{Choices, Wishes};
    use crate::doctor::{DatabaseRole, Found, Mounted};
    use crate::engine::{Container, Published};
    use crate::plan::Verdict;
    use crate::plan::tests::{manifest, state};

    fn published() -> Vec<Published> {
        [4000, 4100]
            .map(|port| Published {
                address: "127.0.0.1".into(),
                port,
            })
            .to_vec()
    }

    pub(crate) fn healthy() -> Found {
        let mut state = state("1.2.0", 7);
        let mut containers = Vec::new();
        for service in ["app", "db", "cache"] {
            state
                .images
                .insert(service.into(), format!("sha256:{service}"));
            containers.push(Container {
                id: service.into(),
                service: service.into(),
                image_id: format!("sha256:{service}"),
                state: "running".into(),
                status: "Up".into(),
                config_hash: Some(format!("hash of {service}")),
                ports: if service == "app" {
                    published()
                } else {
                    Vec::new()
                },
            });
        }
        let role = |name: &str| DatabaseRole {
            name: name.into(),
            privileged: false,
        };
        Found {
            now: OffsetDateTime::UNIX_EPOCH + time::Duration::days(100),
            state,
            manifest: Some(manifest()),
            choices: Choices::make(Wishes::default(), None),
            hashes: Ok(["app", "db", "cache"]
                .map(|service| (service.to_owned(), format!("hash of {service}")))
                .to_vec()),
            checksums: None,
            signed: None,
            containers,
            files: Vec::new(),
            migrations: Ok(Vec::new()),
            roles: Ok(vec![role("vaultterm_app"), role("vaultterm_owner")]),
            postgres: Some(160_015),
            app: Ok(()),
            audit: Ok("3 entries".into()),
            certificate: Some(Ok(OffsetDateTime::UNIX_EPOCH + time::Duration::days(400))),
            license: Ok(None),
            backup: Some(OffsetDateTime::UNIX_EPOCH + time::Duration::days(99)),
            free: Some(1 << 40),
            interrupted: false,
            open_secrets: Vec::new(),
        }
    }

    #[test]
    fn a_healthy_installation_has_nothing_to_be_said() {
        let checks = judge(&healthy());
        assert!(
            checks.iter().all(|check| check.verdict == Verdict::Ok),
            "{checks:?}"
        );
    }

    #[test]
    fn each_ill_is_named_with_its_cure() {
        type Change = fn(&mut Found);
        let ills: [(&str, Verdict, Change); 17] = [
            ("image", Verdict::Failed, |found| found.containers.clear()),
            ("image", Verdict::Failed, |found| {
                found.containers[0].state = "exited".into();
            }),
            ("image", Verdict::Failed, |found| {
                found.containers[0].image_id = "x".into();
            }),
            ("files", Verdict::Failed, |found| found.manifest = None),
            ("files", Verdict::Failed, |found| {
                found.files = vec![Mounted {
                    name: "docker-compose.yml".into(),
                    found: None,
                }];
            }),
            ("app", Verdict::Failed, |found| {
                found.app = Err("it is ill".into());
            }),
            ("schema", Verdict::Failed, |found| {
                found.migrations = Ok(vec![9]);
            }),
            ("roles", Verdict::Failed, |found| {
                found.roles.as_mut().unwrap()[0].privileged = true;
            }),
            ("audit", Verdict::Failed, |found| {
                found.audit = Err("entry 3 is missing".into());
            }),
            ("certificate", Verdict::Warning, |found| {
                found.certificate = Some(Err("nobody answers".into()));
            }),
            ("certificate", Verdict::Warning, |found| {
                found.certificate = Some(Ok(found.now + time::Duration::days(20)));
            }),
            ("certificate", Verdict::Failed, |found| {
                found.certificate = Some(Ok(found.now - time::Duration::days(1)));
            }),
            ("licence", Verdict::Warning, |found| {
                found.license = Ok(Some("ends".into()));
            }),
            ("backup", Verdict::Warning, |found| found.backup = None),
            ("backup", Verdict::Warning, |found| {
                found.now += time::Duration::days(30);
            }),
            ("secrets", Verdict::Failed, |found| {
                found.open_secrets.push(PathBuf::from("secrets/master_key"));
            }),
            ("postgres", Verdict::Warning, |found| {
                found.postgres = Some(160_014);
            }),
        ];
        for (name, verdict, change) in ills {
            let mut found = healthy();
            change(&mut found);
            let checks = judge(&found);
            let named = checks.iter().any(|check| {
                check.name == name && check.verdict == verdict && check.hint.is_some()
            });
            assert!(named, "{name}: {checks:?}");
        }
    }
}
