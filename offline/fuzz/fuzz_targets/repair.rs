//! Requests and answers for repair: an answer never makes a good bundle bad.
#![no_main]

use libfuzzer_sys::fuzz_target;
use license::minisign::PublicKey;
use offline::repair::{self, Request};

const GOOD: &[u8] = include_bytes!("../../tests/golden/bundle-1.0.vtb");
const KEY: &str = include_str!("../../tests/golden/release.pub");

fuzz_target!(|bytes: &[u8]| {
    let keys = PublicKey::all_from_text(KEY).expect("the golden key");
    let _request = Request::parse(bytes);
    let head = offline::read::open(GOOD).expect("it is good").head().to_vec();
    let path = std::env::temp_dir().join(format!("offline-fuzz-{}", std::process::id()));
    std::fs::write(&path, GOOD).expect("room for a small file");
    let file = std::fs::File::options().read(true).write(true).open(&path);
    let file = file.expect("it was just written");
    let answer = [head.as_slice(), bytes].concat();
    let _healed = repair::heal(&file, answer.as_slice(), &keys);
    assert_eq!(std::fs::read(&path).expect("it is there"), GOOD, "a good bundle was changed");
});
