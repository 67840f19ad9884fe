//! `audit verify FILE`: an archive, without a server and without a database.

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use license::ed25519::PublicKey;

use super::Verify;
use crate::audit::archive::read::{self, Verdict, With};
use crate::boot;
use crate::cli::output::{complain, print};
use crate::config::Env;
use crate::edge::error_chain;
use crate::keys::{Keyring, provider};

/// So much of the file is in memory at a time.
const BUFFER: usize = 1 << 20;

pub(super) async fn run(env: &Env, asked: &Verify) -> ExitCode {
    match verify(env, asked).await {
        Ok(verdict) => show(&verdict, asked.json),
        Err(complaint) => complain(&complaint),
    }
}

async fn verify(env: &Env, asked: &Verify) -> Result<Verdict, String> {
    let kept = super::kept(asked)?;
    let key = asked.public_key.as_deref().map(public_key).transpose()?;
    let keys = if asked.without_master_key {
        None
    } else {
        Some(ring(env).await?)
    };
    let path = asked
        .archive
        .as_deref()
        .unwrap_or_else(|| std::path::Path::new("-"));
    let named = |why: String| format!("{}: {why}", path.display());
    let file = File::open(path).map_err(|error| named(error.to_string()))?;
    let with = With {
        keys: keys.as_ref(),
        key: key.as_ref(),
        kept: &kept,
    };
    let found = read::verify(BufReader::with_capacity(BUFFER, file), with);
    found.map_err(|error| named(error_chain(&error)))
}

/// The master key that the configuration names; nothing else of it is used.
async fn ring(env: &Env) -> Result<Keyring, String> {
    let hint = "; without a master key add --without-master-key";
    let config = boot::configure(env).map_err(|fatal| format!("{}{hint}", error_chain(&fatal)))?;
    let ring = provider::keyring(config.keys).await;
    ring.map_err(|error| format!("{}{hint}", error_chain(&error)))
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    let bytes: Option<[u8; 32]> = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
    key.ok_or_else(|| {
        "--public-key: 64 hexadecimal digits of an Ed25519 key are expected".to_owned()
    })
}

fn show(verdict: &Verdict, json: bool) -> ExitCode {
    if json {
        return match serde_json::to_string(verdict) {
            Ok(text) => print(&text),
            Err(error) => complain(&error.to_string()),
        };
    }
    let Verdict {
        organization,
        first,
        last,
        signed,
        checkpoints,
        ..
    } = verdict;
    let key = verdict.public_key.as_deref().unwrap_or("nobody");
    let codes = if verdict.with_keys {
        "every entry was written by a server with this master key"
    } else {
        "no codes were checked: entries behind the last checkpoint are signed by nobody"
    };
    print(&format!(
        "organisation {organization}: entries {first} to {last} are there and fit one another; \
         {checkpoints} checkpoints, up to entry {signed}, are signed by {key}; {codes}"
    ))
}
