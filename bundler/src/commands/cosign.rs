//! `cosign`: one more signature on a bundle that was looked at, or better: reproduced.

use std::path::{Path, PathBuf};

use clap::Args;
use console::{Console, ExitCode, PassphraseSource};
use offline::read::Verified;
use offline::volumes;

use crate::error::Error;
use crate::meter::Meter;
use crate::opened::{self, Source};
use crate::output::Output;
use crate::signer::ReleaseKey;
use crate::trust;

/// Add a signature to a bundle. Everything but its head stays as it is; all of it is verified.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle.
    file: PathBuf,
    /// The secret key that signs.
    #[arg(long, value_name = "FILE", required_unless_present = "signature")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseSource,
    /// Leave the bundle alone, and write the signature here, for whoever publishes the bundle.
    #[arg(long, value_name = "OUT", requires = "key")]
    detached: Option<PathBuf>,
    /// Add a signature that was made with --detached.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    signature: Option<PathBuf>,
    /// Trust the keys or roots of this file instead of those compiled in.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    if volumes::parse_path(&options.file).is_some() {
        return Err(Error::OneVolume(options.file.clone()));
    }
    // Until this signature is there, there may be fewer than it takes.
    let trust = trust::of(options.trust.as_deref())?.content_with_one();
    let bundle = opened::open_with(&options.file, &trust, console)?;
    let failed = |source| Error::Cosign {
        path: options.file.clone(),
        source,
    };
    let (text, from) = match (&options.key, &options.signature) {
        (Some(path), _) => {
            let key = ReleaseKey::open(path, &options.passphrase)?;
            (bundle.sign(&key).map_err(failed)?, path)
        }
        (None, Some(path)) => (console::read_bounded(path)?, path),
        (None, None) => return Err(Error::SecretKey),
    };
    let checked = |source| Error::Cosign {
        path: from.clone(),
        source,
    };
    let bundle = bundle.with_signature(&text).map_err(checked)?;
    match &options.detached {
        Some(path) => detach(bundle, path, &text, console),
        None => add(bundle, options, console),
    }
}

/// Writes the signature alone, once the bundle was read to its end: nobody signs what is damaged.
fn detach(
    bundle: Verified<Source>,
    path: &Path,
    text: &str,
    console: &Console,
) -> Result<ExitCode, Error> {
    let copied = bundle.copy_to(&mut std::io::sink(), &mut Meter::new(console));
    copied.map_err(|error| Error::of_bundle(path, error))?;
    console::write_new_file(path, text.as_bytes(), console::FileMode::Public)?;
    console.say("Give it to whoever publishes the bundle: vaultterm-bundle cosign --signature");
    console.result(&path.display().to_string());
    console.result_json(&serde_json::json!({ "signature": path }));
    Ok(ExitCode::Done)
}

/// Writes the bundle anew beside its place and puts it there when it is whole.
fn add(bundle: Verified<Source>, options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let failed = |source| Error::Output {
        path: options.file.clone(),
        source,
    };
    let signers = bundle.signers().to_vec();
    // The roots that travel along may ask for more than those that are known here.
    let needed = bundle
        .trust()
        .chain()
        .map_or(1, |chain| chain.current().releases().threshold());
    let output = Output::begin(&options.file).map_err(failed)?;
    let mut file = output.file().map_err(failed)?;
    bundle
        .copy_to(&mut file, &mut Meter::new(console))
        .map_err(|error| match error.into_output() {
            Ok(source) => failed(source),
            Err(error) => Error::of_bundle(&options.file, error),
        })?;
    let path = output.finish().map_err(failed)?;
    console.say(&match needed.saturating_sub(signers.len()) {
        0 => format!("Signed by {}: that is enough", super::signers(&signers)),
        more => format!(
            "Signed by {}: it takes {more} more",
            super::signers(&signers)
        ),
    });
    console.result(&path.display().to_string());
    console.result_json(&serde_json::json!({
        "path": path,
        "signers": signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "threshold": needed,
    }));
    Ok(ExitCode::Done)
}
