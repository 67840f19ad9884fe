//! The walk through an archive: a good head, and whatever comes behind it. Only the good bundle is
//! read to its end.
#![no_main]

use std::io::Read as _;

use libfuzzer_sys::fuzz_target;
use license::minisign::PublicKey;

const GOOD: &[u8] = include_bytes!("../../tests/golden/bundle-1.0.vtb");
const KEY: &str = include_str!("../../tests/golden/release.pub");

fuzz_target!(|bytes: &[u8]| {
    let keys = PublicKey::all_from_text(KEY).expect("the golden key");
    // Whole: it takes a forged signature to get past the head.
    if bytes != GOOD && let Ok(untrusted) = offline::read::open(bytes) {
        if untrusted.head() != GOOD.get(..untrusted.head().len()).unwrap_or_default() {
            let Ok(bundle) = untrusted.verify(&keys) else {
                return;
            };
            // The untrusted comment is the one thing that nothing covers.
            assert_eq!(bundle.manifest().version, "1.2.3");
        }
    }
    // Behind a good head.
    let head = offline::read::open(GOOD).expect("it is good").head().to_vec();
    let all = [head.as_slice(), bytes].concat();
    let mut bundle = offline::read::open(all.as_slice())
        .and_then(|bundle| bundle.verify(&keys))
        .expect("the head is good");
    let manifest = bundle.manifest().clone();
    loop {
        match bundle.next_member() {
            Err(_) => return,
            Ok(None) => break,
            Ok(Some(mut member)) => {
                let digest = member.member().sha256;
                let read = match manifest.layer(&digest) {
                    Some((_, layer)) => {
                        offline::layer::decode(member, *layer).and_then(|layer| layer.finish())
                    }
                    None => {
                        let _some = member.read(&mut [0; 3]);
                        member.finish()
                    }
                };
                if read.is_err() {
                    return;
                }
            }
        }
    }
    assert!(bundle.finish().is_err() || all == GOOD, "another bundle was accepted");
});
