//! `inspect`: what a bundle promises. It is shown only once its signature holds.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, bytes, table};
use offline::read::Verified;
use offline::{Image, Manifest, Member, Origin};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Error;
use crate::instant;
use crate::opened::{self, Source};

/// Show what is in a bundle: release, images, migrations, files.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle.
    file: PathBuf,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let bundle = opened::open(&options.file, options.trust.as_deref(), console)?;
    let manifest = bundle.manifest();
    let page = describe(&bundle, instant::now());
    console.result(page.trim_end());
    console.result_json(manifest);
    Ok(ExitCode::Done)
}

fn describe(bundle: &Verified<Source>, now: OffsetDateTime) -> String {
    let manifest = bundle.manifest();
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let kind = match &manifest.delta {
        Some(delta) => format!("a delta: only for servers that have release {}", delta.base),
        None => "complete".to_owned(),
    };
    let upgrades = if manifest.upgrade_from.is_empty() {
        "any earlier release".to_owned()
    } else {
        manifest.upgrade_from.join(", ")
    };
    let head = table(&[
        row("release", manifest.version.clone()),
        row("kind", kind),
        row("for", format!("{}/{}", manifest.os, manifest.architecture)),
        row("built", built(manifest, now)),
        row("signed by", signed_by(bundle)),
        row("upgrades", upgrades),
        row("counter", manifest.release_counter.to_string()),
        row(
            "installer",
            format!("{} or newer", manifest.minimum_installer),
        ),
        row("format", manifest.format.clone()),
        row("size", sizes(manifest)),
    ]);
    format!(
        "{head}\nImages\n{}\nMigrations\n{}\nFiles\n{}",
        images(manifest),
        migrations(manifest),
        files(manifest)
    )
}

/// Who signed, and by which root that is enough.
fn signed_by(bundle: &Verified<Source>) -> String {
    let signers = super::signers(bundle.signers());
    match bundle.trust().chain() {
        None => signers,
        Some(chain) => {
            let root = chain.current();
            let (threshold, version) = (root.releases().threshold(), root.version());
            format!("{signers} (root {version} takes {threshold})")
        }
    }
}

/// When it was built, and how long ago that is by this host's clock.
fn built(manifest: &Manifest, now: OffsetDateTime) -> String {
    let instant = i64::try_from(manifest.created)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let Some(instant) = instant else {
        return String::new();
    };
    let age = match (now - instant).whole_days() {
        days if days < 0 => "later than this host's clock".to_owned(),
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days if days < 60 => format!("{days} days ago"),
        days if days < 730 => format!("{} months ago", days / 30),
        days => format!("{} years ago", days / 365),
    };
    format!("{} ({age})", instant.format(&Rfc3339).unwrap_or_default())
}

/// The whole, and what it is made of.
fn sizes(manifest: &Manifest) -> String {
    let sum = |start: &str| {
        let members = manifest.members.iter();
        let members = members.filter(|member| member.name.as_str().starts_with(start));
        members.map(|member| member.size).sum::<u64>()
    };
    let mut parts = vec![
        format!("{} of images", bytes(sum("blobs/"))),
        format!("{} of files", bytes(sum("files/"))),
    ];
    if manifest.delta.is_some() {
        parts.insert(1, format!("{} of patches", bytes(sum("patches/"))));
    }
    format!("{}: {}", bytes(manifest.total_size()), parts.join(", "))
}

fn images(manifest: &Manifest) -> String {
    let rows = manifest.images.iter().map(|image| {
        let unpacked = image.layers.iter().map(|layer| layer.uncompressed_size);
        vec![
            format!("  {}", image.role.as_str()),
            image.reference.clone(),
            image.config.digest.short(),
            layers(manifest, image),
            format!("{} unpacked", bytes(unpacked.sum())),
        ]
    });
    table(&rows.collect::<Vec<_>>())
}

/// How the layers of an image get to the server.
fn layers(manifest: &Manifest, image: &Image) -> String {
    let count = |wanted: fn(Origin<'_>) -> bool| {
        let layers = image.layers.iter();
        layers
            .filter(|layer| wanted(manifest.layer_origin(&layer.diff_id)))
            .count()
    };
    if manifest.delta.is_none() {
        return format!("{} layers", image.layers.len());
    }
    format!(
        "{} layers: {} carried, {} made by patches, {} on the server",
        image.layers.len(),
        count(|origin| origin == Origin::Carried),
        count(|origin| matches!(origin, Origin::Patched(_))),
        count(|origin| origin == Origin::Kept)
    )
}

fn migrations(manifest: &Manifest) -> String {
    let rows = manifest.migrations.iter().map(|migration| {
        vec![
            format!("  {:04}", migration.version),
            migration.name.clone(),
        ]
    });
    table(&rows.collect::<Vec<_>>())
}

fn files(manifest: &Manifest) -> String {
    let mut files: Vec<&Member> = manifest.files().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let carried = |file: &Member| {
        manifest
            .members
            .iter()
            .any(|member| member.name == file.name)
    };
    let rows = files.into_iter().map(|file| {
        let origin = match manifest.patch(&file.sha256) {
            _ if carried(file) => "",
            Some(_) => "made by a patch",
            None => "on the server",
        };
        vec![
            format!("  {:04o}", file.mode),
            bytes(file.size),
            file.name.file_path().unwrap_or_default().to_owned(),
            origin.to_owned(),
        ]
    });
    table(&rows.collect::<Vec<_>>())
}
