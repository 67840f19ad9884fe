//! The walk through an archive: a good head, and whatever comes behind it. Only the good bundle is
//! read to its end.
#![no_main]

use std::io::Read as _;

use libfuzzer_sys::fuzz_target;
use license::trust::Trust;

const GOOD: &[u8] = include_bytes!("../../tests/golden/bundle-1.0.vtb");
const KEY: &str = include_str!("../../tests/golden/release.pub");

fuzz_target!(|bytes: &[u8]| {
    let trust = Trust::from_text(KEY).expect("the golden key");
    let head = offline::read::open(GOOD).expect("it is good").head_size() as usize;
    let head = GOOD.get(..head).expect("it is longer");
    // Whole: it takes a forged signature to get past the head.
    if !bytes.starts_with(head)
        && let Ok(bundle) = offline::read::open(bytes).and_then(|bundle| bundle.verify(&trust))
    {
        // The untrusted comment, and roots that nobody asked for, are all that nothing covers.
        assert_eq!(bundle.manifest().version, "1.2.3");
    }
    // Behind a good head.
    let all = [head, bytes].concat();
    let Ok(untrusted) = offline::read::open(all.as_slice()) else {
        return;
    };
    let Ok(mut bundle) = untrusted.verify(&trust) else {
        return;
    };
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
