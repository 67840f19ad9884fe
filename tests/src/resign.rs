//! Bundles that somebody with a trusted key could make, to see that the rest of the rules hold.

use std::fs;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use offline::{Digest, EntryName, header};
use serde_json::Value;

const KEY_ID: [u8; 8] = *b"resigned";

/// Puts a bundle onto the stick whose manifest was changed, signed with a key of its own, and the
/// public half as `release.pub`.
///
/// # Errors
/// When a file cannot be read or written, or the bundle is none.
pub fn resigned(bundle: &Path, stick: &Path, change: &dyn Fn(&mut Value)) -> Result<()> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let mut source = fs::File::open(bundle)?;
    let head_size = offline::read::open(&source)?.head_size();
    source.rewind()?;
    let mut first = [0; header::BLOCK];
    source.read_exact(&mut first)?;
    let size = header::stated_size(&first).context("no size")?;
    let mut manifest = Vec::new();
    (&source).take(size).read_to_end(&mut manifest)?;
    let mut manifest: Value = serde_json::from_slice(&manifest)?;
    change(&mut manifest);
    let text = manifest.to_string().into_bytes();
    let words = |field: &str| {
        manifest
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let comment = format!(
        "{} {} {}",
        words("product"),
        words("version"),
        Digest::of(&text)
    );

    let mut out = fs::File::create(stick.join("vaultterm.vtb"))?;
    let signature = signature(&key, &text, &comment).into_bytes();
    for (name, content) in [("bundle.json", text), ("bundle.json.minisig", signature)] {
        let size = content.len() as u64;
        out.write_all(&header::header(
            &EntryName::new(name)?,
            size,
            header::PLAIN_MODE,
        ))?;
        out.write_all(&content)?;
        out.write_all(&vec![0; usize::try_from(header::padding(size))?])?;
    }
    source.seek(std::io::SeekFrom::Start(head_size))?;
    std::io::copy(&mut source, &mut out)?;
    let public = [b"Ed", &KEY_ID[..], key.verifying_key().as_bytes()].concat();
    let public = format!("untrusted comment: a test\n{}\n", STANDARD.encode(public));
    Ok(fs::write(stick.join("release.pub"), public)?)
}

/// In minisign's format.
fn signature(key: &SigningKey, content: &[u8], comment: &str) -> String {
    let signature = key.sign(&offline::signing::prehash(content)).to_bytes();
    let line = [b"ED", &KEY_ID[..], &signature].concat();
    let bound = [&signature, comment.as_bytes()].concat();
    let global = key.sign(&bound).to_bytes();
    format!(
        "untrusted comment: a test\n{}\ntrusted comment: {comment}\n{}\n",
        STANDARD.encode(line),
        STANDARD.encode(global)
    )
}
