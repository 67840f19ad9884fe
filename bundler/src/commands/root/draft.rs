//! `root draft`: the next root, still without signatures.

use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode};
use license::minisign::PublicKey;
use license::root::{Carried, Chain, Link, Revoked, Role, Root, RootError};

use super::{read_whole, write};
use crate::error::Error;
use crate::instant;

/// Draft the first root, or the one that follows those of a file. It counts once enough keys of the
/// root before it, and enough of its own, have signed it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The roots so far; without it this is the first.
    #[arg(long, value_name = "FILE")]
    after: Option<PathBuf>,
    /// A public key that may sign roots; repeat it. Those of the root before when not given.
    #[arg(long, value_name = "PUB")]
    root_key: Vec<PathBuf>,
    /// How many of them it takes; as before, or 2 where there are several.
    #[arg(long, value_name = "N")]
    root_threshold: Option<usize>,
    /// A public key that may sign releases; repeat it. Those of the root before when not given.
    #[arg(long, value_name = "PUB")]
    release_key: Vec<PathBuf>,
    /// How many of them it takes; as before, or 1.
    #[arg(long, value_name = "N")]
    release_threshold: Option<usize>,
    /// A public key that nobody may believe any more; repeat it. It leaves every role.
    #[arg(long, value_name = "PUB")]
    revoke: Vec<PathBuf>,
    /// Why, in a few words that operators will read.
    #[arg(
        long,
        value_name = "TEXT",
        requires = "revoke",
        default_value = "revoked"
    )]
    reason: String,
    /// The file for the roots; nothing is overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    if options.out.exists() {
        return Err(Error::OutputExists(options.out.clone()));
    }
    let chain = options.after.as_deref().map(read_whole).transpose()?;
    let root = next(options, chain.as_ref().map(Chain::current))?;
    let mut links = chain.map_or(Vec::new(), |chain| chain.carried().links().to_vec());
    links.push(Link {
        root: root.to_text(),
        signatures: Vec::new(),
    });
    write(&Carried::new(links), &options.out)?;
    console.say(&format!(
        "Root {} is drafted; have it signed: vaultterm-bundle root sign {} --key FILE",
        root.version(),
        options.out.display()
    ));
    console.result(&options.out.display().to_string());
    console.result_json(&serde_json::json!({
        "roots": options.out, "version": root.version(),
    }));
    Ok(ExitCode::Done)
}

fn next(options: &Options, before: Option<&Root>) -> Result<Root, Error> {
    let mut revoked = before.map_or(Vec::new(), |root| root.revoked().to_vec());
    for path in &options.revoke {
        for key in keys(path)? {
            revoked.push(Revoked {
                key,
                reason: options.reason.clone(),
            });
        }
    }
    let role = |given: &[PathBuf], threshold: Option<usize>, role: Option<&Role>, least: usize| {
        let mut found = Vec::new();
        for path in given {
            found.extend(keys(path)?);
        }
        if given.is_empty() {
            let gone = |key: &PublicKey| {
                let mut revoked = revoked.iter();
                revoked.any(|entry| entry.key.key_id() == key.key_id())
            };
            let kept = role.into_iter().flat_map(Role::keys);
            found.extend(kept.filter(|key| !gone(key)).cloned());
        }
        let as_before = role.map(Role::threshold);
        let threshold = threshold.or(as_before).unwrap_or(least.min(found.len()));
        Role::new(found, threshold).map_err(|cause| {
            let role = if least == 2 { "roots" } else { "releases" };
            Error::Root(RootError::Role { role, cause })
        })
    };
    let roots = before.map(Root::roots);
    let roots = role(&options.root_key, options.root_threshold, roots, 2)?;
    let releases = before.map(Root::releases);
    let releases = role(&options.release_key, options.release_threshold, releases, 1)?;
    let version = before.map_or(1, |root| root.version().saturating_add(1));
    Root::new(version, instant::of_build()?, roots, releases, revoked).map_err(Error::Root)
}

fn keys(path: &Path) -> Result<Vec<PublicKey>, Error> {
    let text = console::read_bounded(path)?;
    PublicKey::all_from_text(&text).map_err(|source| Error::PublicKey {
        path: path.to_owned(),
        source,
    })
}
