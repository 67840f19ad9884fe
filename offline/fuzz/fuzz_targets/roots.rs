//! Roots: what is read is written again as it was, and no chain goes on from ours that our keys have
//! not signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use license::root::{Carried, Chain, Root};

const OURS: &[u8] = include_bytes!("../corpus/roots/chain");

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(root) = Root::parse(text)
    {
        assert_eq!(root.to_text(), text, "a root that reads in two ways");
    }
    let ours = Carried::parse(OURS).expect("it was made by our tool");
    let chain = Chain::anchor(&ours).expect("it has its signatures");
    if let Ok(carried) = Carried::parse(bytes) {
        let _anchored = Chain::anchor(&carried);
        if let Ok(followed) = chain.follow(&carried) {
            assert_eq!(followed, chain, "a forgery");
        }
        // Roots in the place of signatures, and texts of our own beside them.
        let mut links = ours.links().to_vec();
        links.extend(carried.links().iter().cloned());
        assert!(
            chain.follow(&Carried::new(links)).map_or(true, |followed| followed == chain),
            "a forgery"
        );
    }
});
