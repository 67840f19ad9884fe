//! `build`: images, migrations and documents become one signed file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use console::{Console, ExitCode, PassphraseSource, bytes, duration, passphrase_for_known_key};
use license::minisign::PublicKey;
use offline::write::{Draft, Release, Sealed};
use offline::{Held, Role};
use serde::Serialize;

use super::volumes;
use crate::basis::Basis;
use crate::error::Error;
use crate::generated::{self, Subject};
use crate::meter::Meter;
use crate::output::Output;
use crate::packer::Packer;
use crate::signer::ReleaseKey;
use crate::sources::{self, Layers, Source, Wanted};
use crate::{contents, instant, sbom, trust};

/// Where the engine usually listens.
const ENGINE: &str = "unix:///var/run/docker.sock";

/// An empty DOCKER_HOST is as good as none, as it is for `docker`.
#[expect(clippy::unnecessary_wraps, reason = "the shape that clap asks for")]
fn engine_host(text: &str) -> Result<String, String> {
    Ok(if text.is_empty() { ENGINE } else { text }.to_owned())
}

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
    /// The folder that the bundle is written to; it is created.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The server's image.
    #[arg(long, value_name = "REF", default_value = "vaultterm/app:latest")]
    app_image: String,
    /// PostgreSQL's image.
    #[arg(long, value_name = "REF", default_value = "postgres:16")]
    db_image: String,
    /// Redis's image.
    #[arg(long, value_name = "REF", default_value = "redis:7")]
    cache_image: String,
    /// Where the images come from: engine, registry, or the path of an OCI image layout or of what
    /// `docker save` wrote.
    #[arg(long, value_name = "engine|registry|PATH", default_value = "engine")]
    source: Source,
    /// VaultTerm's sources: the Compose file, migrations and documents are taken from here.
    #[arg(long, value_name = "DIR", default_value = ".")]
    from: PathBuf,
    /// The installer to take along; without it the bundle carries none.
    #[arg(long, value_name = "FILE")]
    installer: Option<PathBuf>,
    /// The Compose CLI plugin to take along, for servers that lack it.
    #[arg(long, value_name = "FILE")]
    compose_plugin: Option<PathBuf>,
    /// How hard to compress.
    #[arg(long, value_name = "1-19", default_value_t = 9, value_parser = clap::value_parser!(i32).range(1..=19))]
    level: i32,
    /// The number that rises with every release; the time of the build when it is not given.
    #[arg(long, value_name = "N")]
    counter: Option<u64>,
    /// A release that this one may upgrade; repeat it. Any earlier one when not given.
    #[arg(long, value_name = "V")]
    upgrade_from: Vec<String>,
    /// Carry only what this earlier bundle lacks.
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// Carry only what a server lacks: the file that `vaultterm-install inventory` wrote there.
    #[arg(long = "for", value_name = "INVENTORY")]
    inventory: Option<PathBuf>,
    /// Trust the keys of this file for the base, beside the one that signs now.
    #[arg(long, value_name = "PUB", requires = "base")]
    base_trust: Option<PathBuf>,
    /// Write volumes of at most this size instead of one file, such as 4G or 650M.
    #[arg(long, value_name = "SIZE", value_parser = volumes::size)]
    volume_size: Option<u64>,
    /// Keep compressed layers here, so that the next build finds them.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// The container engine, such as unix:///var/run/docker.sock.
    #[arg(
        long,
        value_name = "URL",
        env = "DOCKER_HOST",
        default_value = ENGINE,
        value_parser = engine_host
    )]
    docker_host: String,
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
    let created = instant::of_build()?;
    // The key first: a wrong passphrase should not cost the time of a build.
    let key = open_key(options)?;
    std::fs::create_dir_all(&options.out).map_err(|source| Error::Output {
        path: options.out.clone(),
        source,
    })?;
    let mut files = contents::collect(
        &options.from,
        options.installer.as_deref(),
        options.compose_plugin.as_deref(),
    )?;

    // Asked while images are read: cargo takes a while.
    let (root, kept) = (options.from.clone(), options.cache.clone());
    let crates = std::thread::spawn(move || match kept {
        Some(kept) => sbom::kept_cargo(&root, &kept),
        None => sbom::cargo(&root),
    });
    let scratch = Scratch::new(options)?;
    let basis = Basis::open(
        options.base.as_deref(),
        options.inventory.as_deref(),
        &base_keys(options, &key)?,
        Layers::new(&scratch.dir, options.level),
    )?;
    let images = sources::collect(
        &options.source,
        &options.docker_host,
        &wanted(options),
        Layers::new(&scratch.dir, options.level),
        console,
    )?;
    let packer = Packer::new(basis, &options.out)?;
    let subject = Subject {
        version,
        root: &options.from,
        key: &key.public()?,
        images: &images,
        crates: crates.join().ok().flatten(),
    };
    files.extend(generated::write(subject, packer.dir(), &mut |words| {
        console.warn(words);
    })?);
    let release = Release {
        version: version.to_owned(),
        counter: options.counter.unwrap_or(created),
        created,
        architecture: images.architecture,
        upgrade_from: options.upgrade_from.clone(),
    };
    let mut draft = match packer.base() {
        Some(base) => Draft::delta(release, base),
        None => Draft::new(release),
    };
    let bar = packer.base().map(|base| {
        let title = format!("Comparing with release {base}");
        (console.progress(&title, None), title)
    });
    for image in images.images {
        let layers = packer.layers(image.role, image.layers)?;
        draft
            .add_image(image.role, &image.reference, image.config, layers)
            .map_err(|source| Error::Patch {
                what: image.reference.clone(),
                source,
            })?;
    }
    contents::add(files, &packer, &mut draft)?;
    if let Some((bar, title)) = bar {
        bar.done(&title);
    }

    let (paths, sealed) = seal(draft, &key, options, console)?;
    report(&paths, &sealed, &key, started, console);
    Ok(ExitCode::Done)
}

/// Accepts what semantic versioning accepts, as far as a file name needs it.
fn checked_version(text: &str) -> Result<&str, Error> {
    let (core, rest) = text.split_once(['-', '+']).unwrap_or((text, "x"));
    let numbers: Vec<&str> = core.split('.').collect();
    let plain = |text: &str, allowed: fn(&u8) -> bool| {
        !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| allowed(&byte))
    };
    let fine = numbers.len() == 3
        && numbers.iter().all(|n| plain(n, u8::is_ascii_digit))
        && plain(rest, |byte| {
            byte.is_ascii_alphanumeric() || b".-+".contains(byte)
        });
    if fine {
        Ok(text)
    } else {
        Err(Error::Version(text.to_owned()))
    }
}

/// A base may have been signed by the key that signs now, or by those compiled in.
fn base_keys(options: &Options, key: &ReleaseKey) -> Result<Vec<PublicKey>, Error> {
    let mut keys = match &options.base_trust {
        Some(path) => trust::keys(Some(path))?,
        None => trust::keys(None).unwrap_or_default(),
    };
    keys.push(key.public()?);
    Ok(keys)
}

fn open_key(options: &Options) -> Result<ReleaseKey, Error> {
    let text = zeroize::Zeroizing::new(console::read_bounded(&options.key)?);
    ReleaseKey::from_file_text(&text, || passphrase_for_known_key(&options.passphrase))
}

fn wanted(options: &Options) -> [Wanted; 3] {
    [
        (Role::App, &options.app_image),
        (Role::Db, &options.db_image),
        (Role::Cache, &options.cache_image),
    ]
    .map(|(role, reference)| Wanted {
        role,
        reference: sources::with_tag(reference),
    })
}

/// Where compressed layers lie until they are in the bundle: in the cache that was asked for, or
/// beside the bundle in a folder that vanishes.
struct Scratch {
    dir: PathBuf,
    _vanishes: Option<tempfile::TempDir>,
}

impl Scratch {
    fn new(options: &Options) -> Result<Self, Error> {
        let failed = |path: &Path, source| Error::Output {
            path: path.to_owned(),
            source,
        };
        if let Some(dir) = &options.cache {
            std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
            return Ok(Self {
                dir: dir.clone(),
                _vanishes: None,
            });
        }
        let temporary = tempfile::Builder::new()
            .prefix(".layers-")
            .tempdir_in(&options.out)
            .map_err(|error| failed(&options.out, error))?;
        Ok(Self {
            dir: temporary.path().to_owned(),
            _vanishes: Some(temporary),
        })
    }
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
        let held = Held::open(output.path(), &[key.public()?])
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

#[cfg(test)]
mod tests {
    use super::checked_version;

    #[test]
    fn only_versions_are_versions() {
        for good in ["1.2.3", "0.1.0", "1.4.0-rc.1", "1.0.0+build.5"] {
            assert!(checked_version(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.2",
            "v1.2.3",
            "1.2.x",
            "1.2.3-",
            "1.2.3/..",
            "1.2.3-a b",
            "1..3",
        ] {
            assert!(checked_version(bad).is_err(), "{bad}");
        }
    }
}
