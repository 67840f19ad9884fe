//! `diff`: what a release changes, as somebody who has to approve it wants to read it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, bytes, table};
use offline::{Held, Manifest};
use serde::Serialize;

use super::sbom;
use crate::error::Error;
use crate::opened;

/// Show what changes between two bundles: images, migrations, files, components.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The earlier bundle.
    old: PathBuf,
    /// The later bundle.
    new: PathBuf,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

/// One change: what it is about, and how it was and is. Absent on one side means added or removed.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Change {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<String>,
    /// How many bytes more it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    grows: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    old_version: String,
    new_version: String,
    images: Vec<Change>,
    migrations: Vec<Change>,
    variables: Vec<Change>,
    files: Vec<Change>,
    components: Vec<Change>,
    /// Whose components one of the two leaves out.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    not_compared: BTreeSet<String>,
}

/// A thing on one side: how it is told from another, what is shown of it, its size.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    identity: String,
    shown: String,
    size: Option<u64>,
}

type Side = BTreeMap<String, Seen>;

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let old = opened::hold(&options.old, options.trust.as_deref())?;
    let new = opened::hold(&options.new, options.trust.as_deref())?;
    for held in [&old, &new] {
        sbom::warn_of_left_out(held, console);
    }
    let report = report(&old, &new)?;
    console.result(describe(&report).trim_end());
    console.result_json(&report);
    Ok(ExitCode::Done)
}

fn report(old: &Held, new: &Held) -> Result<Report, Error> {
    let mut unknown = sbom::left_out(old);
    unknown.extend(sbom::left_out(new));
    Ok(Report {
        old_version: old.manifest.version.clone(),
        new_version: new.manifest.version.clone(),
        images: compare(&images(&old.manifest), &images(&new.manifest)),
        migrations: compare(&migrations(&old.manifest), &migrations(&new.manifest)),
        variables: compare(&variables(&old.manifest), &variables(&new.manifest)),
        files: compare(&files(&old.manifest), &files(&new.manifest)),
        components: compare(&components(old, &unknown)?, &components(new, &unknown)?),
        not_compared: unknown,
    })
}

fn images(manifest: &Manifest) -> Side {
    let images = manifest.images.iter();
    images
        .map(|image| {
            let size = image.layers.iter().map(|layer| layer.uncompressed_size);
            let seen = Seen {
                identity: image.config.digest.to_string(),
                shown: format!("{} ({})", image.reference, image.config.digest.short()),
                size: Some(size.sum()),
            };
            (image.role.as_str().to_owned(), seen)
        })
        .collect()
}

fn migrations(manifest: &Manifest) -> Side {
    let migrations = manifest.migrations.iter();
    migrations
        .map(|migration| {
            let seen = Seen {
                identity: migration.sha256.to_string(),
                shown: migration.sha256.short(),
                size: None,
            };
            (format!("{:04}_{}", migration.version, migration.name), seen)
        })
        .collect()
}

fn variables(manifest: &Manifest) -> Side {
    let variables = manifest.variables.iter();
    variables
        .map(|variable| {
            let was = variable.was.join(", ");
            let seen = Seen {
                identity: was.clone(),
                shown: if was.is_empty() {
                    was
                } else {
                    format!("was {was}")
                },
                size: None,
            };
            (variable.name.clone(), seen)
        })
        .collect()
}

fn files(manifest: &Manifest) -> Side {
    manifest
        .files()
        .map(|file| {
            let seen = Seen {
                identity: format!("{} {:o}", file.sha256, file.mode),
                shown: bytes(file.size),
                size: Some(file.size),
            };
            (file.name.file_path().unwrap_or_default().to_owned(), seen)
        })
        .collect()
}

/// All components but those of what is `unknown` on one of the sides: they would look as if they had
/// come or gone.
fn components(held: &Held, unknown: &BTreeSet<String>) -> Result<Side, Error> {
    let mut side = Side::new();
    let listed = sbom::components(held)?.into_iter();
    for listed in listed.filter(|listed| !unknown.contains(&listed.of)) {
        for component in listed.components {
            let name = format!("{}: {}", listed.of, component.name);
            // Several versions of one component count as one thing with several versions.
            let seen = side.entry(name).or_insert_with(|| Seen {
                identity: String::new(),
                shown: String::new(),
                size: None,
            });
            for text in [&mut seen.identity, &mut seen.shown] {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                text.push_str(&component.version);
            }
        }
    }
    Ok(side)
}

fn compare(old: &Side, new: &Side) -> Vec<Change> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let signed = |size: Option<u64>| size.and_then(|size| i64::try_from(size).ok());
    names
        .into_iter()
        .filter_map(|name| {
            let (was, is) = (old.get(name), new.get(name));
            let same = was.zip(is).is_some_and(|(a, b)| a.identity == b.identity);
            let grows = signed(is.map_or(Some(0), |is| is.size))
                .zip(signed(was.map_or(Some(0), |was| was.size)))
                .map(|(is, was)| is - was);
            (!same).then(|| Change {
                name: name.clone(),
                old: was.map(|seen| seen.shown.clone()),
                new: is.map(|seen| seen.shown.clone()),
                grows,
            })
        })
        .collect()
}

fn describe(report: &Report) -> String {
    let mut text = format!(
        "VaultTerm {} → {}\n",
        report.old_version, report.new_version
    );
    for (title, changes) in [
        ("Images", &report.images),
        ("Migrations", &report.migrations),
        ("Variables", &report.variables),
        ("Files", &report.files),
        ("Components", &report.components),
    ] {
        text.push_str(&format!("\n{title}\n"));
        if changes.is_empty() {
            text.push_str("  nothing changes\n");
        } else {
            let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
            text.push_str(&table(&rows));
        }
    }
    if !report.not_compared.is_empty() {
        let names: Vec<&str> = report.not_compared.iter().map(String::as_str).collect();
        text.push_str(&format!("  not compared: those of {}\n", names.join(", ")));
    }
    text
}

fn row(change: &Change) -> Vec<String> {
    let (mark, shown) = match (&change.old, &change.new) {
        (None, Some(new)) => ("+", new.clone()),
        (Some(old), None) => ("-", old.clone()),
        (Some(old), Some(new)) if old == new => ("~", new.clone()),
        (old, new) => (
            "~",
            format!(
                "{} → {}",
                old.as_deref().unwrap_or_default(),
                new.as_deref().unwrap_or_default()
            ),
        ),
    };
    let grows = match change.grows {
        None | Some(0) => String::new(),
        Some(more) if more > 0 => format!("+{}", bytes(more.unsigned_abs())),
        Some(less) => format!("-{}", bytes(less.unsigned_abs())),
    };
    vec![format!("  {mark}"), change.name.clone(), shown, grows]
}

#[cfg(test)]
mod tests {
    use license::trust::Trust;
    use offline::Held;
    use offline::progress::Silent;
    use offline::write::{Content, Draft, Release, file_member};

    use super::{Seen, Side, compare, describe, report};
    use crate::sbom::{self, Component};
    use crate::signer::ReleaseKey;

    fn side(entries: &[(&str, &str, u64)]) -> Side {
        let seen = |identity: &str, size| Seen {
            identity: identity.to_owned(),
            shown: identity.to_owned(),
            size: Some(size),
        };
        let entries = entries.iter();
        entries
            .map(|(name, identity, size)| ((*name).to_owned(), seen(identity, *size)))
            .collect()
    }

    #[test]
    fn added_removed_and_changed_are_told_apart() {
        let old = side(&[("a", "1", 10), ("b", "1", 5), ("same", "1", 1)]);
        let new = side(&[("a", "2", 7), ("c", "1", 3), ("same", "1", 1)]);
        let changes = compare(&old, &new);
        let shown: Vec<_> = changes
            .iter()
            .map(|change| {
                (
                    change.name.as_str(),
                    change.old.is_some(),
                    change.new.is_some(),
                    change.grows,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("a", true, true, Some(-3)),
                ("b", true, false, Some(-5)),
                ("c", false, true, Some(3))
            ]
        );
    }

    /// A bundle with the lists of two things; a delta leaves out that of `db`.
    fn bundle(delta: bool, room: &std::path::Path) -> Held {
        let release = Release {
            version: "1.2.3".into(),
            counter: 1,
            created: 1,
            architecture: "amd64".into(),
            upgrade_from: vec![],
        };
        let mut draft = if delta {
            Draft::delta(release, "1.2.2")
        } else {
            Draft::new(release)
        };
        for of in ["cache", "db"] {
            let component = Component {
                name: format!("lib{of}"),
                version: if delta { "2" } else { "1" }.into(),
                purl: format!("pkg:deb/debian/lib{of}"),
                license: None,
                sha256: None,
            };
            let name = sbom::name(of);
            let content = Content::Bytes(sbom::document((of, "1"), &[component]));
            if delta && of == "db" {
                let member = file_member(&name, 0o644, &content).unwrap();
                draft.leave_file(member, None).unwrap();
            } else {
                draft.add_file(&name, 0o644, content).unwrap();
            }
        }
        let key = ReleaseKey::generate().unwrap();
        let path = room.join(format!("{delta}.vtb"));
        let file = std::fs::File::create(&path).unwrap();
        draft.seal(&key, file, &mut Silent).unwrap();
        Held::open(&path, &Trust::in_keys(vec![key.public().unwrap()])).unwrap()
    }

    #[test]
    fn what_is_left_out_has_not_gone() {
        let room = tempfile::tempdir().unwrap();
        let [full, delta] = [false, true].map(|delta| bundle(delta, room.path()));
        let found = report(&full, &delta).unwrap();
        let names: Vec<&str> = found.components.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["cache: libcache"]);
        assert!(found.not_compared.iter().eq(["db"]));
        assert!(describe(&found).ends_with("  not compared: those of db\n"));
        assert!(report(&full, &full).unwrap().not_compared.is_empty());
    }
}
