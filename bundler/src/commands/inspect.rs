//! `inspect`: what a bundle promises. It is shown only once its signature holds.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, bytes, table};
use offline::Manifest;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Error;
use crate::opened;

/// Show what is in a bundle: release, images, migrations, files.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle.
    file: PathBuf,
    /// Trust the keys of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let bundle = opened::open(&options.file, options.trust.as_deref(), console)?;
    let manifest = bundle.manifest();
    console.result(describe(manifest, &bundle.signer().to_string()).trim_end());
    console.result_json(manifest);
    Ok(ExitCode::Done)
}

fn describe(manifest: &Manifest, signer: &str) -> String {
    let built = i64::try_from(manifest.created)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|instant| instant.format(&Rfc3339).ok())
        .unwrap_or_default();
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let head = table(&[
        row("release", manifest.version.clone()),
        row("built", built),
        row("counter", manifest.release_counter.to_string()),
        row("for", format!("{}/{}", manifest.os, manifest.architecture)),
        row("signed by", signer.to_owned()),
        row("format", manifest.format.clone()),
        row("size", bytes(manifest.total_size())),
    ]);
    format!(
        "{head}\nImages\n{}\nMigrations\n{}\nFiles\n{}",
        images(manifest),
        migrations(manifest),
        files(manifest)
    )
}

fn images(manifest: &Manifest) -> String {
    let rows = manifest.images.iter().map(|image| {
        let sum = |size: fn(&offline::Layer) -> u64| image.layers.iter().map(size).sum::<u64>();
        vec![
            format!("  {}", image.role.as_str()),
            image.reference.clone(),
            image.config.digest.to_string(),
            format!("{} layers", image.layers.len()),
            bytes(sum(|layer| layer.size)),
            format!("({} unpacked)", bytes(sum(|layer| layer.uncompressed_size))),
        ]
    });
    table(&rows.collect::<Vec<_>>())
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
    let rows = manifest
        .members
        .iter()
        .filter(|member| member.name.as_str().starts_with("files/"))
        .map(|member| {
            vec![
                format!("  {:04o}", member.mode),
                bytes(member.size),
                member.name.to_string(),
            ]
        });
    table(&rows.collect::<Vec<_>>())
}
