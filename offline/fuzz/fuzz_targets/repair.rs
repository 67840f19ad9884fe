//! Requests and answers for repair: an answer never makes a good bundle bad.
#![no_main]

use libfuzzer_sys::fuzz_target;
use license::trust::Trust;
use offline::repair::{self, Request};

const GOOD: &[u8] = include_bytes!("../../tests/golden/bundle-1.0.vtb");
const KEY: &str = include_str!("../../tests/golden/release.pub");

fuzz_target!(|bytes: &[u8]| {
    let trust = Trust::from_text(KEY).expect("the golden key");
    let _request = Request::parse(bytes);
    let head = offline::read::open(GOOD).expect("it is good").head_size() as usize;
    let head = GOOD.get(..head).expect("it is longer");
    let path = std::env::temp_dir().join(format!("offline-fuzz-{}", std::process::id()));
    std::fs::write(&path, GOOD).expect("room for a small file");
    let file = std::fs::File::options().read(true).write(true).open(&path);
    let file = file.expect("it was just written");
    let answer = [head, bytes].concat();
    let _healed = repair::heal(&file, answer.as_slice(), &trust);
    assert_eq!(std::fs::read(&path).expect("it is there"), GOOD, "a good bundle was changed");
});
