//! What goes into a bundle, and putting it together: all of a build but the signature.

use std::path::{Path, PathBuf};

use clap::Args;
use console::Console;
use license::minisign::PublicKey;
use license::trust::Trust;
use offline::Role;
use offline::write::{Draft, Release};

use crate::basis::Basis;
use crate::error::Error;
use crate::generated::{self, Subject};
use crate::packer::Packer;
use crate::provenance::Origin;
use crate::runbook::Signers;
use crate::sources::{self, Layers, Source, Wanted};
use crate::{contents, sbom, trust};

/// Where the engine usually listens.
const ENGINE: &str = "unix:///var/run/docker.sock";

/// An empty DOCKER_HOST is as good as none, as it is for `docker`.
#[expect(clippy::unnecessary_wraps, reason = "the shape that clap asks for")]
fn engine_host(text: &str) -> Result<String, String> {
    Ok(if text.is_empty() { ENGINE } else { text }.to_owned())
}

/// Where everything comes from.
#[derive(Debug, Args)]
pub(crate) struct Ingredients {
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
    #[arg(long, value_name = "1-19", default_value_t = 7, value_parser = clap::value_parser!(i32).range(1..=19))]
    level: i32,
    /// Carry only what this earlier bundle lacks.
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// Carry only what a server lacks: the file that `vaultterm-install inventory` wrote there.
    #[arg(long = "for", value_name = "INVENTORY")]
    inventory: Option<PathBuf>,
    /// Trust the keys of this file for the base, beside the one that signs now.
    #[arg(long, value_name = "PUB", requires = "base")]
    base_trust: Option<PathBuf>,
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

/// A bundle that is ready to be signed. Its contents lie in folders that vanish with it.
pub(crate) struct Prepared {
    pub(crate) draft: Draft,
    _packer: Packer,
    _scratch: Scratch,
}

/// Collects everything. `room` is the folder for what is needed only meanwhile; `signers` are
/// printed on the page that travels along.
pub(crate) fn prepare(
    ingredients: &Ingredients,
    release: Release,
    signers: &Signers<'_>,
    room: &Path,
    console: &Console,
) -> Result<Prepared, Error> {
    let mut files = contents::collect(
        &ingredients.from,
        ingredients.installer.as_deref(),
        ingredients.compose_plugin.as_deref(),
    )?;
    // Asked while images are read: cargo takes a while.
    let (root, kept) = (ingredients.from.clone(), ingredients.cache.clone());
    let asked = std::thread::spawn(move || {
        let crates = match kept {
            Some(kept) => sbom::kept_cargo(&root, &kept),
            None => sbom::cargo(&root),
        };
        (crates, Origin::of(&root))
    });
    let scratch = Scratch::new(ingredients.cache.as_deref(), room)?;
    let layers = || Layers::new(&scratch.dir, ingredients.level);
    let basis = Basis::open(
        ingredients.base.as_deref(),
        ingredients.inventory.as_deref(),
        &ingredients.base_trust(signers.builder)?,
        layers(),
    )?;
    let images = sources::collect(
        &ingredients.source,
        &ingredients.docker_host,
        &ingredients.wanted(),
        layers(),
        console,
    )?;
    contents::check_processor(&files, &images.architecture)?;
    let packer = Packer::new(basis, room)?;
    let (crates, origin) = asked.join().unwrap_or_default();
    let subject = Subject {
        version: &release.version,
        root: &ingredients.from,
        signers,
        images: &images,
        crates,
        origin: &origin,
    };
    files.extend(generated::write(subject, packer.dir(), &mut |words| {
        console.warn(words);
    })?);
    let release = Release {
        architecture: images.architecture,
        ..release
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
    Ok(Prepared {
        draft,
        _packer: packer,
        _scratch: scratch,
    })
}

impl Ingredients {
    /// A base may have been signed by the key that signs now, or by any that is trusted.
    fn base_trust(&self, key: &PublicKey) -> Result<Trust, Error> {
        let trust = trust::of(self.base_trust.as_deref());
        let mut keys = match (trust, &self.base_trust) {
            (Err(error), Some(_)) => return Err(error),
            (Err(_), None) => Vec::new(),
            (Ok(trust), _) => trust.keys().to_vec(),
        };
        keys.push(key.clone());
        Ok(Trust::in_keys(keys))
    }

    fn wanted(&self) -> [Wanted; 3] {
        [
            (Role::App, &self.app_image),
            (Role::Db, &self.db_image),
            (Role::Cache, &self.cache_image),
        ]
        .map(|(role, reference)| Wanted {
            role,
            reference: sources::with_tag(reference),
        })
    }
}

/// Where compressed layers lie until they are in the bundle: in the cache that was asked for, or in
/// a folder that vanishes.
struct Scratch {
    dir: PathBuf,
    _vanishes: Option<tempfile::TempDir>,
}

impl Scratch {
    fn new(cache: Option<&Path>, room: &Path) -> Result<Self, Error> {
        let failed = |path: &Path, source| Error::Output {
            path: path.to_owned(),
            source,
        };
        if let Some(dir) = cache {
            std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
            return Ok(Self {
                dir: dir.to_owned(),
                _vanishes: None,
            });
        }
        let temporary = tempfile::Builder::new()
            .prefix(".layers-")
            .tempdir_in(room)
            .map_err(|error| failed(room, error))?;
        Ok(Self {
            dir: temporary.path().to_owned(),
            _vanishes: Some(temporary),
        })
    }
}
