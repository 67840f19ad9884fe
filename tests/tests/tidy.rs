//! The house rules that no compiler checks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use vaultterm_tests::build::repository;
use vaultterm_tests::run::run;

/// The longest source file, in lines.
const LONGEST: usize = 500;

fn tracked(endings: &[&str]) -> Result<Vec<(PathBuf, String)>> {
    let list = run(Command::new("git")
        .current_dir(repository())
        .arg("ls-files"))?
    .expect(0)?;
    let wanted = list
        .stdout
        .lines()
        .filter(|name| endings.iter().any(|end| name.ends_with(end)));
    let mut files = Vec::new();
    for name in wanted {
        // A file that was removed and not yet committed.
        if let Ok(text) = std::fs::read_to_string(repository().join(name)) {
            files.push((PathBuf::from(name), text));
        }
    }
    ensure!(!files.is_empty(), "no files end in {endings:?}");
    Ok(files)
}

#[test]
fn no_source_file_is_long() -> Result<()> {
    for (path, text) in tracked(&[".rs", ".ts", ".svelte", ".sh", ".mjs"])? {
        // What a generator writes is as long as what it is told to write.
        let lines = if path.to_string_lossy().ends_with(".d.ts") {
            0
        } else {
            text.lines().count()
        };
        ensure!(lines <= LONGEST, "{} has {lines} lines", path.display());
    }
    Ok(())
}

#[test]
fn slices_use_only_those_before_them() -> Result<()> {
    // The map of the app names them in order.
    let map = std::fs::read_to_string(repository().join("app/src/lib.rs"))?;
    let modules = map
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let place: BTreeMap<&str, usize> = modules.zip(0..).collect();
    ensure!(place.len() > 10, "the map names {place:?}");
    for (path, text) in tracked(&[".rs"])? {
        let Ok(inner) = path.strip_prefix("app/src") else {
            continue;
        };
        let first = inner
            .components()
            .next()
            .map(|part| part.as_os_str().to_string_lossy());
        let name = first.unwrap_or_default();
        // Tests may look at everything.
        let Some(&own) = place.get(name.trim_end_matches(".rs")) else {
            continue;
        };
        if is_test(inner) {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim() == "#[cfg(test)]" {
                break;
            }
            for used in line.split("crate::").skip(1) {
                let used = used
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next();
                let later = used
                    .and_then(|used| place.get(used))
                    .is_some_and(|&at| at > own);
                ensure!(
                    !later,
                    "{}:{number} uses a later slice: {line}",
                    path.display()
                );
            }
        }
    }
    Ok(())
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs")
    })
}

#[test]
fn libraries_stay_free_of_the_world() -> Result<()> {
    const NEVER: &[&str] = &["tokio", "axum", "bollard", "clap", "std::env::var"];
    for (path, text) in tracked(&[".rs"])? {
        let library = ["license/src", "offline/src"]
            .iter()
            .any(|dir| path.starts_with(dir));
        if !library {
            continue;
        }
        for word in NEVER {
            ensure!(!text.contains(word), "{} mentions {word}", path.display());
        }
        let pure = path.starts_with("license/src");
        ensure!(
            !pure || !text.contains("std::fs"),
            "{} reads files",
            path.display()
        );
    }
    Ok(())
}

#[test]
fn no_secret_key_is_in_the_repository() -> Result<()> {
    for (path, text) in tracked(&[""])? {
        for mark in [
            "SECRET key ",
            "-----BEGIN PRIVATE KEY",
            "-----BEGIN EC PRIVATE",
            "-----BEGIN OPENSSH",
        ] {
            let source = path
                .extension()
                .is_some_and(|end| end == "rs" || end == "md");
            ensure!(
                source || !text.contains(mark),
                "{} holds a key",
                path.display()
            );
        }
    }
    Ok(())
}

#[test]
fn every_migration_has_a_number_of_its_own() -> Result<()> {
    let mut names: Vec<String> = tracked(&[".sql"])?
        .into_iter()
        .filter_map(|(path, _)| Some(path.strip_prefix("migrations").ok()?.display().to_string()))
        .collect();
    names.sort();
    let mut last = 0;
    for name in &names {
        let number = name.split_once('_').and_then(|(number, _)| {
            let whole = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse::<u32>().ok().filter(|_| whole)
        });
        ensure!(number > Some(last), "{name} does not follow number {last}");
        last = number.unwrap_or(last);
    }
    Ok(())
}

#[test]
fn the_attacks_name_tests_that_exist() -> Result<()> {
    let list = std::fs::read_to_string(repository().join("app/src/walls/ATTACKS.md"))?;
    let code: String = tracked(&[".rs"])?
        .into_iter()
        .filter(|(path, _)| path.starts_with("app"))
        .map(|(_, text)| text)
        .collect();
    let rows = list.lines().filter(|line| line.starts_with("| "));
    let named: Vec<&str> = rows
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter(|name| name.contains('_') && !name.contains('/'))
        .collect();
    ensure!(named.len() > 60, "it names {} tests", named.len());
    for name in named {
        let exists = code.contains(&format!("fn {name}()"));
        ensure!(exists, "ATTACKS.md names {name}, and there is no such test");
    }
    Ok(())
}
