//! Somebody else's store: a search that ends soon, and asks for nothing but what a layout has.
//!
//! Nobody guesses a digest, so documents come in one input, parted by a line, and `@` stands for the
//! digest of the next one. The first is the index, and the list of `docker save` as well.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use offline::oci::read::{HOPS, config, find, named, saved, step};
use offline::{Digest, limits};

const REFERENCE: &str = "redis:7";

/// The documents of an input: each with the digest of the one behind it.
fn documents(input: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(input);
    let parts: Vec<&str> = text.split("\n---\n").take(8).collect();
    let mut made: Vec<Vec<u8>> = Vec::new();
    for part in parts.into_iter().rev() {
        let next = made.last().map_or(String::new(), |next| Digest::of(next).to_string());
        made.push(part.replace('@', &next).into_bytes());
    }
    made.reverse();
    made
}

fn is_blob(name: &str) -> bool {
    name.strip_prefix("blobs/sha256/").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fuzz_target!(|input: &[u8]| {
    let _config = config(input);
    let _step = step(input, "amd64");
    let _entry = named(input, REFERENCE);
    if let Ok(images) = saved(input) {
        for name in images.iter().flat_map(|image| &image.parts.layers) {
            assert!(!name.starts_with('/') && !name.split('/').any(|part| part == ".."));
        }
    }
    let documents = documents(input);
    let first = documents.first().cloned().unwrap_or_default();
    let blobs = documents.iter();
    let mut store: BTreeMap<String, Vec<u8>> = blobs
        .map(|bytes| (format!("blobs/sha256/{}", Digest::of(bytes).hex()), bytes.clone()))
        .collect();
    store.insert("index.json".to_owned(), first.clone());
    store.insert("manifest.json".to_owned(), first);
    let mut asked = 0;
    let found = find(REFERENCE, "amd64", |name, limit| {
        assert!(limit <= limits::MANIFEST);
        if is_blob(name) {
            asked += 1;
        } else {
            assert!(name == "index.json" || name == "manifest.json", "{name}");
        }
        Ok(store.get(name).cloned())
    });
    assert!(asked <= HOPS, "a search that does not end");
    if let Ok(Some(parts)) = found
        && asked > 0
    {
        assert!(parts.layers.iter().chain([&parts.config]).all(|name| is_blob(name)));
    }
});
