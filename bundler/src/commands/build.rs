//! `build`: images, migrations and documents become one signed file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use console::{Console, ExitCode, PassphraseSource, bytes, duration};
use license::root::Chain;
use license::trust::Trust;
use offline::Held;
use offline::version::is_version;
use offline::write::{Draft, Release, Sealed};
use serde::Serialize;

use super::{root, volumes};
use crate::error::Error;
use crate::instant;
use crate::meter::Meter;
use crate::output::Output;
use crate::recipe::{self, Ingredients};
use crate::runbook::Signers;
use crate::signer::ReleaseKey;

/// Build a bundle and print its path.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The release, such as 1.4.0.
    #[arg(long, value_name = "V")]
    version: String,
    /// The secret release key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
    /// The roots that `root draft` and `root sign` made, to travel along.
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    /// The folder that the bundle is written to; it is created.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The number that rises with every release; the time of the build when it is not given.
    #[arg(long, value_name = "N")]
    counter: Option<u64>,
    /// A release that this one may upgrade; repeat it. Any earlier one when not given.
    #[arg(long, value_name = "V")]
    upgrade_from: Vec<String>,
    /// Write volumes of at most this size instead of one file, such as 4G or 650M.
    #[arg(long, value_name = "SIZE", value_parser = volumes::size)]
    volume_size: Option<u64>,
    #[command(flatten)]
    ingredients: Ingredients,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    path: &'a Path,
    #[serde(skip_serializing_if = "<[PathBuf]>::is_empty")]
    volumes: &'a [PathBuf],
    version: &'a str,
    release_counter: u64,
    size: u64,
    signer: String,
    seconds: f64,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let version = checked_version(&options.version)?;
    for earlier in &options.upgrade_from {
        checked_version(earlier)?;
    }
    let created = instant::of_build()?;
    // The key first: a wrong passphrase should not cost the time of a build.
    let key = ReleaseKey::open(&options.key, &options.passphrase)?;
    let roots = roots(options, &key, console)?;
    std::fs::create_dir_all(&options.out).map_err(|source| Error::Output {
        path: options.out.clone(),
        source,
    })?;
    let public = key.public()?;
    let signers = Signers {
        builder: &public,
        roots: roots.as_ref(),
    };
    let prepared = recipe::prepare(
        &options.ingredients,
        Release {
            version: version.to_owned(),
            counter: options.counter.unwrap_or(created),
            created,
            // Known when the images are.
            architecture: String::new(),
            upgrade_from: options.upgrade_from.clone(),
        },
        &signers,
        &options.out,
        console,
    )?;
    let draft = match roots {
        Some(chain) => prepared.draft.with_roots(chain.carried()),
        None => prepared.draft,
    };
    let (paths, sealed) = seal(draft, &key, options, console)?;
    report(&paths, &sealed, &key, started, console);
    Ok(ExitCode::Done)
}

/// What the reader would refuse is refused before the work.
fn checked_version(text: &str) -> Result<&str, Error> {
    if is_version(text) {
        Ok(text)
    } else {
        Err(Error::Version(text.to_owned()))
    }
}

/// The roots that travel along, if the key is one of their release keys.
fn roots(options: &Options, key: &ReleaseKey, console: &Console) -> Result<Option<Chain>, Error> {
    let Some(path) = &options.roots else {
        return Ok(None);
    };
    let chain = root::read_whole(path)?;
    let (newest, key) = (chain.current(), key.id());
    let mut keys = newest.releases().keys().iter();
    if !keys.any(|known| known.key_id() == key) {
        return Err(Error::NoSuchRole {
            key,
            role: "release",
            version: newest.version(),
        });
    }
    let threshold = newest.releases().threshold();
    if threshold > 1 {
        console.say(&format!(
            "Root {} takes {threshold} signatures; this makes the first: have the bundle reproduced \
             and cosigned",
            newest.version()
        ));
    }
    Ok(Some(chain))
}

/// Writes the bundle beside its place and renames it: a file of that name is always whole.
fn seal(
    draft: Draft,
    key: &ReleaseKey,
    options: &Options,
    console: &Console,
) -> Result<(Vec<PathBuf>, Sealed), Error> {
    let failed = |source| Error::Output {
        path: options.out.clone(),
        source,
    };
    let from = draft.base().map(|base| format!("-from-v{base}"));
    let name = format!(
        "vaultterm-onprem-v{}-linux-{}{}.vtb",
        options.version,
        draft.architecture(),
        from.unwrap_or_default()
    );
    let output = Output::begin(&options.out.join(&name)).map_err(failed)?;
    let file = output.file().map_err(failed)?;
    let sealed = draft.seal(key, file, &mut Meter::new(console))?;
    if let Some(size) = options.volume_size {
        let held = Held::open(output.path(), &Trust::in_keys(vec![key.public()?]))
            .map_err(|error| Error::of_bundle(output.path(), error))?;
        let target = options.out.join(name);
        return Ok((volumes::write(&held, size, &target, console)?, sealed));
    }
    let path = output.finish().map_err(failed)?;
    Ok((vec![path], sealed))
}

fn report(
    paths: &[PathBuf],
    sealed: &Sealed,
    key: &ReleaseKey,
    started: Instant,
    console: &Console,
) {
    let unpacked = sealed.manifest.uncompressed_size();
    console.say(&format!(
        "VaultTerm {}: {} ({} of layers unpacked), signed by {}, in {}",
        sealed.manifest.version,
        bytes(sealed.size),
        bytes(unpacked),
        key.id(),
        duration(started.elapsed())
    ));
    let lines: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let in_volumes = paths
        .iter()
        .all(|path| offline::volumes::parse_path(path).is_some());
    console.result(&lines.join("\n"));
    console.result_json(&Report {
        path: paths.first().map_or(Path::new(""), PathBuf::as_path),
        volumes: if in_volumes { paths } else { &[] },
        version: &sealed.manifest.version,
        release_counter: sealed.manifest.release_counter,
        size: sealed.size,
        signer: key.id().to_string(),
        seconds: started.elapsed().as_secs_f64(),
    });
}
