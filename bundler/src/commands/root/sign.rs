//! `root sign`: one signature on the newest root of a file.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, PassphraseSource};
use license::minisign::Signature;
use license::root::{Carried, Chain, ChainError, Root, RootError};
use offline::signing::{Signer as _, prehash};

use super::{lacking, read, unusable, write};
use crate::error::Error;
use crate::signer::ReleaseKey;

/// Sign the newest root of a file with a key of the root before it, or one of its own. Look at it
/// with `root show` first.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The roots; the signature is added in place.
    file: PathBuf,
    /// The secret key that signs.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let mut links = read(&options.file)?.links().to_vec();
    let mut last = links
        .pop()
        .ok_or(ChainError::Empty)
        .map_err(unusable(&options.file))?;
    // What comes before must hold by itself: nobody adds to a chain that is broken already.
    let before = if links.is_empty() {
        None
    } else {
        let chain = Chain::anchor(&Carried::new(links.clone()));
        Some(chain.map_err(unusable(&options.file))?)
    };
    let broken = |cause: RootError| {
        let version = links.len() as u64 + 1;
        unusable(&options.file)(ChainError::Root { version, cause })
    };
    let root = Root::parse(&last.root).map_err(broken)?;
    let key = ReleaseKey::open(&options.key, &options.passphrase)?;
    let public = key.public()?;
    let asked = before.iter().map(|chain| chain.current().roots());
    let mut asked = asked.chain([root.roots()]).flat_map(|role| role.keys());
    if !asked.any(|known| known.key_id() == public.key_id()) {
        return Err(Error::NoSuchRole {
            key: public.key_id(),
            role: "root",
            version: root.version(),
        });
    }
    let signed = last
        .signatures
        .iter()
        .filter_map(|text| Signature::parse(text).ok());
    if signed
        .into_iter()
        .any(|signature| signature.key_id() == public.key_id())
    {
        return Err(Error::SignedAlready(public.key_id()));
    }
    let digest = prehash(last.root.as_bytes());
    let text = key
        .sign(&digest, &root.trusted_comment())
        .map_err(|error| *error)?;
    last.signatures.push(text);
    links.push(last);
    let carried = Carried::new(links);
    let lacks = lacking(&carried);
    write(&carried, &options.file)?;
    let words = match &lacks {
        None => format!("Root {} has all its signatures", root.version()),
        Some(error) => error.to_string(),
    };
    console.result(&words);
    console.result_json(&serde_json::json!({
        "roots": options.file,
        "version": root.version(),
        "complete": lacks.is_none(),
    }));
    Ok(ExitCode::Done)
}
