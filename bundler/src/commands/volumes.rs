//! `split` and `join`: a bundle as volumes, and volumes as a bundle. Neither changes its input.

use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode, bytes};
use offline::Held;
use offline::volumes::{self, SplitError};
use serde::Serialize;

use crate::error::Error;
use crate::meter::Meter;
use crate::opened;
use crate::output::Output;

/// Cut a bundle into volumes of a size; the bundle stays.
#[derive(Debug, Args)]
pub(crate) struct Split {
    /// The bundle.
    file: PathBuf,
    /// The most bytes of a volume, such as 4G, 650M or 700000000.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    volume_size: u64,
    /// The folder for the volumes; that of the bundle when it is not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

/// Put the volumes of a bundle together again; the volumes stay.
#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The first volume, FILE.001; the others are beside it.
    file: PathBuf,
    /// The folder for the bundle; that of the volumes when it is not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

#[derive(Serialize)]
struct Volumes<'a> {
    volumes: &'a [PathBuf],
}

/// A size such as `650M`: K, M and G are powers of 1024, as `split` of coreutils counts.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text} is no size such as 4G, 650M or 700000000");
    let upper = text.to_ascii_uppercase();
    let upper = upper.strip_suffix("IB").unwrap_or(&upper);
    let digits = upper.trim_end_matches(['K', 'M', 'G']);
    let shift = match upper.strip_prefix(digits).unwrap_or_default() {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err(wrong()),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    count
        .checked_mul(1 << shift)
        .filter(|size| *size > 0)
        .ok_or_else(wrong)
}

pub(crate) fn split(options: &Split, console: &Console) -> Result<ExitCode, Error> {
    let held = opened::hold(&options.file, options.trust.as_deref())?;
    let target = match (&options.out, options.file.file_name()) {
        (Some(dir), Some(name)) => dir.join(name),
        _ => options.file.clone(),
    };
    let paths = write(&held, options.volume_size, &target, console)?;
    report(&paths, console);
    Ok(ExitCode::Done)
}

/// Names the volumes as the result.
pub(crate) fn report(paths: &[PathBuf], console: &Console) {
    let lines: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    console.result(&lines.join("\n"));
    console.result_json(&Volumes { volumes: paths });
}

/// Writes the volumes of `target` beside their places, and gives them their names when all are whole.
pub(crate) fn write(
    held: &Held,
    volume_size: u64,
    target: &Path,
    console: &Console,
) -> Result<Vec<PathBuf>, Error> {
    let survey = opened::survey(held, console)?;
    if !survey.is_clean() {
        return Err(Error::damaged(held, &survey, None));
    }
    let mut written: Vec<Output> = Vec::new();
    let open = |number| {
        let output = Output::begin(&volumes::path(target, number))?;
        let file = output.file()?;
        written.push(output);
        Ok(file)
    };
    let mut meter = Meter::new(console);
    volumes::split(
        held.medium.as_ref(),
        held.head,
        volume_size,
        open,
        &mut meter,
    )
    .map_err(|source| Error::split(target, source))?;
    let failed = |source| Error::split(target, SplitError::Io(source));
    let paths = written.into_iter().map(Output::finish);
    paths.collect::<Result<_, _>>().map_err(failed)
}

pub(crate) fn join(options: &Join, console: &Console) -> Result<ExitCode, Error> {
    let (base, _) = volumes::parse_path(&options.file)
        .ok_or_else(|| Error::NoVolumeName(options.file.clone()))?;
    // Verified as an installer would, while it is written: a set that does not hold leaves nothing.
    let bundle = opened::open(&options.file, options.trust.as_deref(), console)?;
    let size = bundle.head_size() + bundle.manifest().body_size();
    let target = match (&options.out, base.file_name()) {
        (Some(dir), Some(name)) => dir.join(name),
        _ => base,
    };
    if target.exists() {
        return Err(Error::OutputExists(target));
    }
    let failed = |source| Error::Output {
        path: target.clone(),
        source,
    };
    let output = Output::begin(&target).map_err(failed)?;
    let mut meter = Meter::new(console);
    bundle
        .copy_to(&mut output.file().map_err(failed)?, &mut meter)
        .map_err(|error| Error::of_bundle(&options.file, error))?;
    let path = output.finish().map_err(failed)?;
    console.say(&format!("{} of a whole and unchanged bundle", bytes(size)));
    console.result(&path.display().to_string());
    console.result_json(&serde_json::json!({ "path": path, "size": size }));
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("700000000", 700_000_000),
            ("1k", 1024),
            ("650M", 650 << 20),
            ("4G", 4 << 30),
            ("4GiB", 4 << 30),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "G",
            "-1",
            "0",
            "4T",
            "1.5G",
            "99999999999999999999",
            "18446744073709551615G",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
