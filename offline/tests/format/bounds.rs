//! What is hostile is refused with little memory and in little time: each case is read by a process
//! of its own, under limits that the system enforces.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use offline::progress::Silent;
use offline::{Digest, Role};

use crate::hostile::cases;
use crate::support::{TestKey, bundle, empty, framed, read_from, trusted};

/// Of address space: the program itself, its libraries and stacks are in it.
const MEMORY: &str = "--as=268435456";
/// Of the processor, in seconds.
const CPU: &str = "--cpu=20";
const PATIENCE: Duration = Duration::from_secs(60);

/// What a child says of what it was given.
const ACCEPTED: &str = "accepted";
const REFUSED: &str = "refused";

#[test]
#[ignore = "the child of the tests below"]
fn child_reads() {
    let outcome = match read_from(std::io::stdin().lock(), &trusted()) {
        Ok(_) => ACCEPTED,
        Err(_) => REFUSED,
    };
    println!("outcome: {outcome}");
}

#[test]
#[ignore = "the child of the tests below"]
fn child_takes_too_much() {
    let bytes = std::hint::black_box(vec![1_u8; 300 << 20]);
    println!("outcome: {ACCEPTED} {}", bytes.len());
}

/// Runs one test of this program under the limits; what it said.
fn under_limits(test: &str, input: &File) -> String {
    let mut child = Command::new("prlimit")
        .args([MEMORY, CPU])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .arg("--test-threads=1")
        .stdin(input.try_clone().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut said = String::new();
    child.stdout.unwrap().read_to_string(&mut said).unwrap();
    said
}

fn outcome(bytes: &[u8]) -> String {
    use std::io::Seek as _;
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(bytes).unwrap();
    input.rewind().unwrap();
    under_limits("bounds::child_reads", &input)
}

#[test]
fn every_hostile_case_is_refused_within_the_limits() {
    // The limits are real, and enough for what is good.
    let nothing = tempfile::tempfile().unwrap();
    let said = under_limits("bounds::child_takes_too_much", &nothing);
    assert!(!said.contains("outcome"), "{said}");
    assert!(outcome(&bundle()).contains("outcome: accepted"));
    assert!(outcome(&large()).contains("outcome: accepted"));
    for (what, bytes) in cases().into_iter().chain(endless()) {
        let said = outcome(&bytes);
        assert!(said.contains("outcome: refused"), "{what}: {said}");
    }
}

/// A good bundle whose layer unpacks to twice of what may be held.
fn large() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let zeros = || std::io::repeat(0).take(512 << 20);
    let mut hashing = offline::digest::HashingReader::new(zeros());
    let frame = zstd::encode_all(&mut hashing, 1).unwrap();
    let (_, diff_id, uncompressed_size) = hashing.finish();
    let (mut layer, content) = framed(b"", &frame, dir.path());
    (layer.diff_id, layer.uncompressed_size) = (diff_id, uncompressed_size);
    let mut draft = empty();
    let layers = vec![(layer, content)];
    draft
        .add_image(Role::App, "a:1", b"{}".to_vec(), layers)
        .unwrap();
    let mut bytes = Vec::new();
    draft
        .seal(&TestKey::new(1), &mut bytes, &mut Silent)
        .unwrap();
    assert_ne!(Digest::of(&bytes), diff_id);
    bytes
}

/// Members that nothing promises, of sizes around which programs break, with a mebibyte of content.
fn endless() -> Vec<(String, Vec<u8>)> {
    let sizes = [(4 << 20) + 1, (2 << 30) + 1, (4 << 30) + 1, (8 << 30) - 1];
    let case = |size| {
        let name = offline::EntryName::new("bundle.json").unwrap();
        let mut bytes = offline::header::header(&name, size, 0o644).to_vec();
        bytes.resize(1 << 20, b'[');
        (format!("a manifest of {size} bytes"), bytes)
    };
    sizes.map(case).to_vec()
}
