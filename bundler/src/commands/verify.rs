//! `verify`: is every byte of a bundle what its signer promised?

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode};
use offline::progress::Progress;
use offline::read::Verified;
use offline::{Manifest, layer};
use serde::Serialize;

use crate::error::Error;
use crate::meter::Meter;
use crate::opened::{self, Source};

/// Verify a bundle: its signature and every byte behind it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle, or its first volume.
    file: PathBuf,
    /// Decompress every layer as well, and compare its diff ID.
    #[arg(long)]
    deep: bool,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    file: &'a Path,
    verified: bool,
    version: &'a str,
    signer: String,
    members: usize,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let path = &options.file;
    let bundle = opened::open(path, options.trust.as_deref(), console)?;
    let signer = super::signers(bundle.signers());
    let manifest = read_through(bundle, options.deep, &mut Meter::new(console))
        .map_err(|error| located(options, error, console))?;
    console.result(&format!(
        "{}: VaultTerm {} signed by {signer}, whole and unchanged",
        path.display(),
        manifest.version
    ));
    console.result_json(&Report {
        file: path,
        verified: true,
        version: &manifest.version,
        signer,
        members: manifest.members.len(),
    });
    Ok(ExitCode::Done)
}

/// A refusal with all places of the damage, where the whole of the bundle can be looked at.
fn located(options: &Options, error: offline::Error, console: &Console) -> Error {
    let survey = opened::hold(&options.file, options.trust.as_deref())
        .and_then(|held| Ok((opened::survey(&held, console)?, held)));
    match survey {
        Ok((survey, held)) if !survey.is_clean() => Error::damaged(&held, &survey, Some(error)),
        _ => Error::of_bundle(&options.file, error),
    }
}

/// Reads every member to its end.
fn read_through(
    mut bundle: Verified<Source>,
    deep: bool,
    progress: &mut dyn Progress,
) -> Result<Manifest, offline::Error> {
    let manifest = bundle.manifest().clone();
    progress.begin("Verifying", manifest.total_size());
    while let Some(member) = bundle.next_member()? {
        let digest = member.member().sha256;
        let member = member.with_copy(Box::new(Counted(progress)));
        match manifest.layer(&digest) {
            Some((_, layer)) if deep => layer::decode(member, *layer)?.finish()?,
            _ => member.finish()?,
        }
    }
    let manifest = bundle.finish()?;
    progress.end();
    Ok(manifest)
}

/// Where every piece that was read is counted: a layer of gigabytes is one member.
struct Counted<'a>(&'a mut dyn Progress);

impl Write for Counted<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.advance(piece.len() as u64);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use license::trust::Trust;
    use offline::progress::{Progress, Silent};
    use offline::write::{Content, Draft, Release};

    use super::read_through;
    use crate::opened::Source;
    use crate::signer::ReleaseKey;

    #[derive(Default)]
    struct Seen {
        total: u64,
        steps: Vec<u64>,
        ended: bool,
    }

    impl Progress for Seen {
        fn begin(&mut self, _: &str, bytes: u64) {
            self.total = bytes;
        }

        fn advance(&mut self, bytes: u64) {
            self.steps.push(bytes);
        }

        fn end(&mut self) {
            self.ended = true;
        }
    }

    #[test]
    fn a_large_member_moves_the_bar_many_times() {
        let key = ReleaseKey::generate().unwrap();
        let mut draft = Draft::new(Release {
            version: "1.2.3".into(),
            counter: 1,
            created: 1,
            architecture: "amd64".into(),
            upgrade_from: vec![],
        });
        let large = Content::Bytes(vec![7; 3 << 20]);
        draft.add_file("large", 0o644, large).unwrap();
        let mut bytes = std::io::Cursor::new(Vec::new());
        draft.seal(&key, &mut bytes, &mut Silent).unwrap();
        let source: Source = Box::new(std::io::Cursor::new(bytes.into_inner()));
        let bundle = offline::read::open(source).unwrap();
        let bundle = bundle.verify(&Trust::in_keys(vec![key.public().unwrap()]));
        let mut seen = Seen::default();
        read_through(bundle.unwrap(), true, &mut seen).unwrap();
        assert!(seen.ended && seen.steps.len() > 20, "{}", seen.steps.len());
        assert_eq!(seen.steps.iter().sum::<u64>(), seen.total);
        assert!(seen.steps.iter().all(|step| *step <= 1 << 20));
    }
}
