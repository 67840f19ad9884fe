//! Any bytes as the frame of a layer, in a bundle that is signed: bounded in what it unpacks to, and
//! never accepted as another tar.
#![no_main]

use std::convert::Infallible;
use std::io::{Cursor, Read as _};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use libfuzzer_sys::fuzz_target;
use license::ed25519;
use license::minisign::{KeyId, PublicKey};
use license::trust::Trust;
use offline::progress::Silent;
use offline::signing::Signer;
use offline::write::{Draft, LayerContent, Release};
use offline::{Digest, Layer, Role};

const ID: [u8; 8] = [1; 8];
/// What every frame is promised to hold.
const PLAIN: &[u8] = include_bytes!("../../tests/golden/bundle-1.0.vtb");

struct Key(SigningKey);

impl Signer for Key {
    type Error = Infallible;

    fn sign(&self, prehash: &[u8; 64], comment: &str) -> Result<String, Infallible> {
        let signature = self.0.sign(prehash).to_bytes();
        let line = [&b"ED"[..], &ID, &signature].concat();
        let bound = [&signature[..], comment.as_bytes()].concat();
        let global = self.0.sign(&bound).to_bytes();
        Ok(format!(
            "untrusted comment: fuzzing\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode(line),
            STANDARD.encode(global)
        ))
    }
}

static KEY: LazyLock<Key> = LazyLock::new(|| Key(SigningKey::from_bytes(&[1; 32])));
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let key = ed25519::PublicKey::from_bytes(KEY.0.verifying_key().as_bytes()).expect("a key");
    Trust::in_keys(vec![PublicKey::new(KeyId::from_bytes(ID), key)])
});
static FRAME: LazyLock<std::path::PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("frame-{}", std::process::id())));

fn sealed(frame: &[u8]) -> (Layer, Vec<u8>) {
    let layer = Layer {
        digest: Digest::of(frame),
        size: frame.len() as u64,
        diff_id: Digest::of(PLAIN),
        uncompressed_size: PLAIN.len() as u64,
    };
    let mut draft = Draft::new(Release {
        version: "1.2.3".into(),
        counter: 7,
        created: 1_700_000_000,
        architecture: "amd64".into(),
        upgrade_from: vec![],
    });
    std::fs::write(&*FRAME, frame).expect("a folder to write to");
    let layers = vec![(layer, LayerContent::Carried(FRAME.clone()))];
    draft.add_image(Role::App, "app:1", b"{}".to_vec(), layers).expect("nothing is patched");
    let mut bytes = Cursor::new(Vec::new());
    draft.seal(&*KEY, &mut bytes, &mut Silent).expect("it is sealed");
    (layer, bytes.into_inner())
}

fuzz_target!(|frame: &[u8]| {
    if frame.is_empty() {
        return;
    }
    let (layer, bytes) = sealed(frame);
    let untrusted = offline::read::open(bytes.as_slice()).expect("it is a bundle");
    let mut bundle = untrusted.verify(&TRUST).expect("it is signed");
    while let Some(member) = bundle.next_member().expect("it is in order") {
        if member.member().sha256 != layer.digest {
            member.finish().expect("it is whole");
            continue;
        }
        let Ok(mut reader) = offline::layer::decode(member, layer) else {
            return;
        };
        let mut made = Vec::new();
        let read = reader.read_to_end(&mut made);
        assert!(made.len() <= PLAIN.len(), "more than was promised");
        if read.is_err() {
            return;
        }
        assert!(made == PLAIN, "another tar was accepted");
    }
    bundle.finish().expect("all of it is as promised");
});
