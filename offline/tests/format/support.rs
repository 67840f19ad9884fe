//! A small whole bundle, and keys made on the spot.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use license::ed25519;
use license::minisign::{KeyId, PublicKey};
use license::trust::Trust;
use offline::progress::Silent;
use offline::signing::Signer;
use offline::write::{Content, Draft, LayerContent, Release};
use offline::{Digest, Layer, Migration, Role};

/// A key for tests.
pub struct TestKey(SigningKey, [u8; 8]);

impl TestKey {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]), [seed; 8])
    }

    pub fn public(&self) -> PublicKey {
        let key = ed25519::PublicKey::from_bytes(self.0.verifying_key().as_bytes()).unwrap();
        PublicKey::new(KeyId::from_bytes(self.1), key)
    }
}

/// Trusts some keys, any of which is enough.
pub fn trust_in(seeds: &[u8]) -> Trust {
    let keys = seeds.iter().map(|seed| TestKey::new(*seed).public());
    Trust::in_keys(keys.collect())
}

/// Trusts the key that signs the bundles of these tests.
pub fn trusted() -> Trust {
    trust_in(&[1])
}

impl Signer for TestKey {
    type Error = Infallible;

    fn sign(&self, prehash: &[u8; 64], comment: &str) -> Result<String, Infallible> {
        let signature = self.0.sign(prehash).to_bytes();
        let mut line = b"ED".to_vec();
        line.extend_from_slice(&self.1);
        line.extend_from_slice(&signature);
        let mut bound = signature.to_vec();
        bound.extend_from_slice(comment.as_bytes());
        let global = self.0.sign(&bound).to_bytes();
        Ok(format!(
            "untrusted comment: test\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode(line),
            STANDARD.encode(global)
        ))
    }
}

/// One layer: its plain bytes, its frame, and what is promised of it.
pub fn layer(plain: &[u8], dir: &std::path::Path) -> (Layer, LayerContent) {
    framed(plain, &zstd::encode_all(plain, 3).unwrap(), dir)
}

/// A layer with a frame of one's own making.
pub fn framed(plain: &[u8], frame: &[u8], dir: &std::path::Path) -> (Layer, LayerContent) {
    let layer = Layer {
        digest: Digest::of(frame),
        size: frame.len() as u64,
        diff_id: Digest::of(plain),
        uncompressed_size: plain.len() as u64,
    };
    let path = dir.join(layer.digest.hex());
    std::fs::write(&path, frame).unwrap();
    (layer, LayerContent::Carried(path))
}

/// A draft with one image of two layers, two files and a migration.
pub fn draft(dir: &std::path::Path) -> Draft {
    let mut draft = empty();
    let layers = vec![layer(&[7; 3000], dir), layer(b"the upper layer", dir)];
    draft
        .add_image(
            Role::App,
            "vaultterm/app:1.2.3",
            br#"{"a":1}"#.to_vec(),
            layers,
        )
        .unwrap();
    draft
        .add_file("docs/a.md", 0o644, Content::Bytes(b"# A\n".to_vec()))
        .unwrap();
    draft
        .add_file("empty", 0o600, Content::Bytes(Vec::new()))
        .unwrap();
    draft.add_migration(Migration {
        version: 1,
        name: "first".into(),
        sha256: Digest::of(b"SELECT 1"),
    });
    draft
}

/// A draft with nothing in it.
pub fn empty() -> Draft {
    Draft::new(release())
}

/// What the bundles of these tests are called.
pub fn release() -> Release {
    Release {
        version: "1.2.3".into(),
        counter: 7,
        created: 1_700_000_000,
        architecture: "amd64".into(),
        upgrade_from: vec![],
    }
}

/// The bytes of a small whole bundle, signed with key 1.
pub fn bundle() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    sealed(draft(dir.path()))
}

/// The bytes of a draft, signed with key 1.
pub fn sealed(draft: Draft) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sealed = draft
        .seal(&TestKey::new(1), &mut bytes, &mut Silent)
        .unwrap();
    assert_eq!(sealed.size, bytes.len() as u64);
    bytes
}

/// Reads a bundle to its end as an installer does: every member, every layer decompressed.
pub fn read(bytes: &[u8], trust: &Trust) -> Result<offline::Manifest, offline::Error> {
    read_from(bytes, trust)
}

/// The same, from anywhere.
pub fn read_from(
    reader: impl std::io::Read,
    trust: &Trust,
) -> Result<offline::Manifest, offline::Error> {
    use std::io::Read as _;
    let mut bundle = offline::read::open(reader)?.verify(trust)?;
    let manifest = bundle.manifest().clone();
    while let Some(mut member) = bundle.next_member()? {
        let digest = member.member().sha256;
        if let Some((_, layer)) = manifest.layer(&digest) {
            offline::layer::decode(member, *layer)?.finish()?;
        } else {
            let mut byte = [0; 7];
            // Small steps, so that ends of reads fall everywhere.
            let _first = member.read(&mut byte);
            member.finish()?;
        }
    }
    bundle.finish()
}

/// The same bundle with another manifest, signed again: what somebody with the key could make.
pub fn resigned(bytes: &[u8], change: &dyn Fn(&mut serde_json::Value)) -> Vec<u8> {
    use offline::{EntryName, header};
    let head = offline::read::open(bytes).unwrap().head_size() as usize;
    let first: [u8; header::BLOCK] = bytes[..header::BLOCK].try_into().unwrap();
    let size = header::stated_size(&first).unwrap() as usize;
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&bytes[header::BLOCK..header::BLOCK + size]).unwrap();
    change(&mut manifest);
    let manifest = manifest.to_string().into_bytes();
    let version: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let comment = format!(
        "{} {} {}",
        version["product"].as_str().unwrap(),
        version["version"].as_str().unwrap(),
        Digest::of(&manifest)
    );
    let Ok(signature) = TestKey::new(1).sign(&offline::signing::prehash(&manifest), &comment);
    let mut out = Vec::new();
    for (name, content) in [
        ("bundle.json", manifest),
        ("bundle.json.minisig", signature.into_bytes()),
    ] {
        let size = content.len() as u64;
        let name = EntryName::new(name).unwrap();
        out.extend(header::header(&name, size, header::PLAIN_MODE));
        out.extend(content);
        out.extend(std::iter::repeat_n(0, header::padding(size) as usize));
    }
    out.extend_from_slice(&bytes[head..]);
    out
}
