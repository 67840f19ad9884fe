//! Crates and npm packages, as the lock files pin them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Component, encoded};

/// The programs that are shipped; what only tests need is no part of them.
const SHIPPED: &[&str] = &["vaultterm-app", "vaultterm-install"];

#[cfg(target_arch = "x86_64")]
const TARGET: &str = "x86_64-unknown-linux-gnu";
#[cfg(not(target_arch = "x86_64"))]
const TARGET: &str = "aarch64-unknown-linux-gnu";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_members: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// The crates of the shipped programs, and the texts of their licences, one after the other.
#[derive(Serialize, Deserialize)]
pub(crate) struct Crates {
    pub(crate) components: Vec<Component>,
    pub(crate) licenses: String,
}

/// The same from an earlier build, as long as `Cargo.lock` is the same.
pub(crate) fn kept_cargo(root: &Path, kept: &Path) -> Option<Crates> {
    let lock = std::fs::read(root.join("Cargo.lock")).ok()?;
    let path = kept.join(format!("crates-{}.json", offline::Digest::of(&lock).hex()));
    if let Ok(bytes) = std::fs::read(&path)
        && let Ok(crates) = serde_json::from_slice(&bytes)
    {
        return Some(crates);
    }
    let crates = cargo(root)?;
    // Keeping is a convenience: without it the next build asks cargo again.
    let _unkept = serde_json::to_vec(&crates).map(|bytes| std::fs::write(&path, bytes));
    Some(crates)
}

/// Asks cargo, which reads `Cargo.lock`. It needs no network for it where every crate of the lock file
/// was fetched before; a build alone fetches less than that. `None` without cargo.
pub(crate) fn cargo(root: &Path) -> Option<Crates> {
    let stdout = metadata(root, &["--offline"]).or_else(|| metadata(root, &[]))?;
    let metadata: Metadata = serde_json::from_slice(&stdout).ok()?;
    let checksums = checksums(root);
    let shipped = shipped(&metadata);
    let mut packages: Vec<&Package> = metadata
        .packages
        .iter()
        .filter(|package| shipped.contains(package.id.as_str()))
        .filter(|package| !metadata.workspace_members.contains(&package.id))
        .collect();
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let mut crates = Crates {
        components: Vec::new(),
        licenses: license_page(&packages),
    };
    for package in packages {
        let key = (package.name.clone(), package.version.clone());
        crates.components.push(Component {
            purl: format!("pkg:cargo/{}@{}", package.name, encoded(&package.version)),
            license: package
                .license
                .as_ref()
                .map(|text| text.replace('/', " OR ")),
            sha256: checksums.get(&key).cloned(),
            name: key.0,
            version: key.1,
        });
    }
    Some(crates)
}

fn metadata(root: &Path, more: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--locked"])
        // Crates for other systems were never fetched.
        .args(["--filter-platform", TARGET])
        .args(more);
    let output = command.output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// Everything that the shipped programs are linked from or built with.
fn shipped(metadata: &Metadata) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Node> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let roots = metadata.packages.iter();
    let mut open: Vec<&str> = roots
        .filter(|package| SHIPPED.contains(&package.name.as_str()))
        .map(|package| package.id.as_str())
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(node) = nodes.get(id)
        {
            let linked = node.deps.iter().filter(|dependency| {
                let mut kinds = dependency.dep_kinds.iter();
                kinds.any(|kind| kind.kind.as_deref() != Some("dev"))
            });
            open.extend(linked.map(|dependency| dependency.pkg.as_str()));
        }
    }
    seen
}

/// The checksums of `Cargo.lock`, by name and version. Its lines are read as what they are: the
/// file is written by cargo alone.
fn checksums(root: &Path) -> BTreeMap<(String, String), String> {
    let text = std::fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let mut found = BTreeMap::new();
    for package in text.split("[[package]]") {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name))?;
            Some(
                line.trim()
                    .trim_start_matches("= ")
                    .trim_matches('"')
                    .to_owned(),
            )
        };
        if let (Some(name), Some(version), Some(sum)) =
            (field("name "), field("version "), field("checksum "))
        {
            found.insert((name, version), sum);
        }
    }
    found
}

/// Every licence text once, below the names of the crates that it is the licence of.
fn license_page(packages: &[&Package]) -> String {
    let mut crates_by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let stated = package.license.as_deref().unwrap_or("no licence stated");
        let label = format!("{} {} ({stated})", package.name, package.version);
        for text in license_texts(package) {
            crates_by_text.entry(text).or_default().push(label.clone());
        }
    }
    let line = "=".repeat(80);
    let mut sections: Vec<(Vec<String>, String)> = crates_by_text
        .into_iter()
        .map(|(text, crates)| (crates, text))
        .collect();
    sections.sort();
    let section = |(crates, text): (Vec<String>, String)| {
        format!("{line}\n{}\n{line}\n\n{text}\n\n", crates.join("\n"))
    };
    sections.into_iter().map(section).collect()
}

/// The licence files of a crate.
fn license_texts(package: &Package) -> Vec<String> {
    let dir = Path::new(&package.manifest_path).parent();
    let entries = dir.and_then(|dir| std::fs::read_dir(dir).ok());
    let mut paths: Vec<_> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().to_uppercase());
            let starts = |name: String| {
                ["LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT"]
                    .iter()
                    .any(|start| name.starts_with(start))
            };
            path.is_file() && name.is_some_and(starts)
        })
        .collect();
    paths.sort();
    let texts = paths.iter().filter_map(|path| std::fs::read(path).ok());
    texts
        .map(|text| String::from_utf8_lossy(&text).trim_end().to_owned())
        .collect()
}

/// The npm packages that go into the portal, as `package-lock.json` (version 3) pins them. What is
/// marked there as only building or testing it is no part of it, unless the portal carries the text
/// of its licence: of Tailwind, some of its own style goes into the build.
pub(crate) fn npm(lock: &[u8], licenses: &str) -> Option<Vec<Component>> {
    let lock: Value = serde_json::from_slice(lock).ok()?;
    let packages = lock.get("packages")?.as_object()?;
    let mut components = Vec::new();
    for (path, package) in packages {
        let Some(name) = path.rsplit_once("node_modules/").map(|(_, name)| name) else {
            continue;
        };
        let text = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
        let marked = |key: &str| package.get(key).and_then(Value::as_bool) == Some(true);
        let Some(version) = text("version") else {
            continue;
        };
        let shipped = || {
            let title = format!("{name} {version}");
            licenses.lines().any(|line| line == title)
        };
        if marked("extraneous") || marked("dev") && !shipped() {
            continue;
        }
        let scoped = name.replacen('@', "%40", 1);
        components.push(Component {
            purl: format!("pkg:npm/{scoped}@{}", encoded(&version)),
            name: name.to_owned(),
            version,
            license: text("license"),
            sha256: None,
        });
    }
    Some(components)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn this_workspace_is_described() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let crates = super::cargo(&root).unwrap();
        let named = |name: &str| crates.components.iter().find(|found| found.name == name);
        assert!(named("axum").is_some_and(|found| found.sha256.is_some()));
        assert!(named("bollard").is_some());
        // Used by tests only, and ours.
        assert!(named("proptest").is_none() && named("vaultterm-app").is_none());
        assert!(crates.licenses.contains("MIT License"));
        let lock = std::fs::read(root.join("app/portal/package-lock.json")).unwrap();
        let packages = super::npm(&lock, "").unwrap();
        let has = |name: &str| packages.iter().any(|found| found.name == name);
        assert!(has("svelte") && !has("vitest") && !has("tailwindcss"));
    }

    #[test]
    fn what_only_builds_the_portal_is_not_listed() {
        let lock = br#"{"packages": {"": {"version": "1.0.0"},
            "node_modules/svelte": {"version": "5.0.0", "license": "MIT"},
            "node_modules/svelte/node_modules/@a/b": {"version": "1.0.0"},
            "node_modules/tailwindcss": {"version": "4.0.0", "dev": true},
            "node_modules/tailwindcss-other": {"version": "4.0.0", "dev": true},
            "node_modules/left-over": {"version": "1.0.0", "extraneous": true},
            "node_modules/vitest": {"version": "4.1.12", "dev": true}}}"#;
        let found = super::npm(lock, "svelte 5.0.0\n====\ntailwindcss 4.0.0\n====\n").unwrap();
        let mut purls: Vec<&str> = found.iter().map(|found| found.purl.as_str()).collect();
        purls.sort_unstable();
        assert_eq!(
            purls,
            [
                "pkg:npm/%40a/b@1.0.0",
                "pkg:npm/svelte@5.0.0",
                "pkg:npm/tailwindcss@4.0.0"
            ]
        );
    }
}
