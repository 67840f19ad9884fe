//! Damage is found with its place and healed from little; volumes are the bundle again, and no
//! other volume passes for one of them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::support::{empty, sealed, trust_in, trusted};
use offline::error::Kind;
use offline::medium::Medium;
use offline::progress::Silent;
use offline::ranges::{LEAF, RANGE};
use offline::volumes::{self, Joined, Set, Shelf};
use offline::write::Content;
use offline::{Held, Manifest, repair, survey};

/// A bundle of some 13 MiB whose bytes do not repeat.
fn large(seed: u64) -> Vec<u8> {
    let mut draft = empty();
    let mut state = seed;
    for name in ["a", "b", "c"] {
        let bytes = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        });
        let bytes: Vec<u8> = bytes.take(4_500_000).collect();
        draft.add_file(name, 0o644, Content::Bytes(bytes)).unwrap();
    }
    sealed(draft)
}

fn placed(dir: &Path, name: &str, bytes: &[u8]) -> (PathBuf, File) {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    (path, file)
}

fn manifest(bytes: &[u8]) -> (Manifest, u64) {
    let bundle = offline::read::open(bytes).unwrap();
    let verified = bundle.verify(&trusted()).unwrap();
    (verified.manifest().clone(), verified.head_size())
}

fn held(path: &Path) -> Held {
    Held::open(path, &trusted()).unwrap()
}

#[test]
fn every_damage_is_found_at_its_place_and_healed_from_its_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let good = large(1);
    let (manifest, head) = manifest(&good);
    let (original, _) = placed(dir.path(), "good", &good);
    let flips = [
        head,
        head + 513,
        head + RANGE - 1,
        head + RANGE,
        head + 3 * RANGE + 5,
        good.len() as u64 - 1,
    ];
    let mut bad = good.clone();
    for at in flips {
        bad[at as usize] ^= 0x10;
    }
    let (path, copy) = placed(dir.path(), "bad", &bad);
    let found = survey::survey(&copy, &manifest, head, &mut Silent).unwrap();
    let numbers: Vec<u64> = found.bad.iter().map(|bad| bad.number).collect();
    assert_eq!(numbers, [0, 1, 3]);
    for damage in found.damage(&manifest, &copy) {
        let within = damage.offset..damage.offset + damage.length;
        assert!(flips.iter().any(|at| within.contains(at)), "{damage:?}");
        assert!(!damage.members.is_empty());
    }

    let request = repair::Request::new(&held(&path), &found);
    let request = repair::Request::parse(&request.to_bytes().unwrap()).unwrap();
    let mut answer = Vec::new();
    let answered = repair::answer(&held(&original), &request, &mut answer).unwrap();
    // Two of the flips share a leaf.
    assert_eq!(answered.leaves, 5);
    assert!(answer.len() < 6 * LEAF + head as usize);
    repair::heal(&copy, answer.as_slice(), &trusted()).unwrap();
    assert!(fs::read(&path).unwrap() == good);
}

#[test]
fn a_small_member_is_blamed_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let good = crate::support::bundle();
    let (manifest, head) = manifest(&good);
    let mut start = head;
    for member in &manifest.members {
        let end = start + offline::header::space(member.size);
        for at in [start, end - 1] {
            let mut bad = good.clone();
            bad[at as usize] ^= 0x10;
            let (_, copy) = placed(dir.path(), "bad", &bad);
            let found = survey::survey(&copy, &manifest, head, &mut Silent).unwrap();
            let damage = found.damage(&manifest, &copy);
            assert_eq!(damage.len(), 1);
            assert_eq!(damage[0].members, [member.name.to_string()]);
            assert_eq!((damage[0].offset, damage[0].length), (start, end - start));
        }
        start = end;
    }
}

#[test]
fn a_copy_that_stopped_is_told_from_damage_and_healed_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let good = large(2);
    let (manifest, head) = manifest(&good);
    let (original, _) = placed(dir.path(), "good", &good);
    let cut = good.len() - 100_000;
    let (path, copy) = placed(dir.path(), "cut", &good[..cut]);
    let found = survey::survey(&copy, &manifest, head, &mut Silent).unwrap();
    assert_eq!(found.missing(), 100_000);
    let words = format!(
        "the copy stopped: the last 100000 of {} bytes are missing",
        good.len()
    );
    assert_eq!(found.describe(&manifest, &copy), [words]);
    assert!(!found.is_clean());
    let request = repair::Request::new(&held(&path), &found);
    let mut answer = Vec::new();
    let answered = repair::answer(&held(&original), &request, &mut answer).unwrap();
    assert!(answered.bytes < 100_000 + 2 * LEAF as u64);
    repair::heal(&copy, answer.as_slice(), &trusted()).unwrap();
    assert!(fs::read(&path).unwrap() == good);
    // Something behind the end goes.
    Medium::write_all_at(&copy, b"tail", good.len() as u64).unwrap();
    repair::heal(&copy, answer.as_slice(), &trusted()).unwrap();
    assert!(fs::read(&path).unwrap() == good);
}

#[test]
fn an_answer_that_does_not_belong_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (good, other) = (large(3), large(4));
    let (manifest, head) = manifest(&good);
    let (original, _) = placed(dir.path(), "good", &good);
    let mut bad = good;
    bad[head as usize + 77] ^= 1;
    let (path, copy) = placed(dir.path(), "bad", &bad);
    let found = survey::survey(&copy, &manifest, head, &mut Silent).unwrap();
    let request = repair::Request::new(&held(&path), &found);

    // From another bundle, and from a copy that is damaged, too.
    let (stranger, _) = placed(dir.path(), "other", &other);
    let refused = repair::answer(&held(&stranger), &request, &mut Vec::new());
    assert!(matches!(refused.unwrap_err().kind(), Kind::Repair(_)));
    let refused = repair::answer(&held(&path), &request, &mut Vec::new());
    assert!(matches!(refused.unwrap_err().kind(), Kind::Repair(_)));

    // Changed on the way, cut off, signed by somebody else.
    let mut answer = Vec::new();
    repair::answer(&held(&original), &request, &mut answer).unwrap();
    let comment = b"untrusted comment";
    let comment = answer
        .windows(comment.len())
        .position(|w| w == comment)
        .unwrap();
    for at in (0..answer.len()).step_by(97) {
        let mut changed = answer.clone();
        changed[at] ^= 1;
        if !(comment..comment + 100).contains(&at) {
            let healed = repair::heal(&copy, changed.as_slice(), &trusted());
            let end = at + 1024 >= answer.len();
            assert!(healed.is_err() || end, "byte {at}");
            if healed.is_ok() {
                fs::write(&path, &bad).unwrap();
            }
        }
    }
    for length in (0..answer.len() - 1024).step_by(512) {
        let healed = repair::heal(&copy, &answer[..length], &trusted());
        assert!(healed.is_err(), "{length}");
    }
    let stranger = trust_in(&[2]);
    repair::heal(&copy, answer.as_slice(), &stranger).unwrap_err();
}

#[test]
fn a_damaged_head_is_healed_and_another_bundle_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (good, other) = (large(9), large(10));
    let (_, head) = manifest(&good);
    let (original, _) = placed(dir.path(), "good", &good);
    let mut answer = Vec::new();
    let request = repair::Request::for_head();
    let request = repair::Request::parse(&request.to_bytes().unwrap()).unwrap();
    repair::answer(&held(&original), &request, &mut answer).unwrap();
    assert!(answer.len() as u64 <= head + 1024);

    for at in [0, 130, 600, head as usize - 1] {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        let (path, copy) = placed(dir.path(), "bad", &bad);
        repair::heal(&copy, answer.as_slice(), &trusted()).unwrap();
        assert!(fs::read(&path).unwrap() == good, "byte {at}");
    }
    // An answer without a leaf, on another genuine bundle, on a damaged one, on something else.
    let mut damaged = other.clone();
    damaged[700] ^= 1;
    for not_this in [other, damaged, vec![7; 9_000_000], Vec::new()] {
        let (path, copy) = placed(dir.path(), "other", &not_this);
        let refused = repair::heal(&copy, answer.as_slice(), &trusted()).unwrap_err();
        assert!(matches!(refused.kind(), Kind::Repair(_)), "{refused}");
        assert!(fs::read(&path).unwrap() == not_this);
    }
}

/// A folder of volumes.
struct Folder(PathBuf);

impl Shelf for Folder {
    fn take(&mut self, number: u32) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(volumes::path(&self.0, number))?))
    }
}

fn cut(dir: &Path, name: &str, bytes: &[u8], size: u64) -> (PathBuf, u32) {
    let (path, file) = placed(dir, name, bytes);
    let (_, head) = manifest(bytes);
    let open = |number| File::create(volumes::path(&path, number));
    let count = volumes::split(&file, head, size, open, &mut Silent).unwrap();
    (path, count)
}

fn joined(path: &Path) -> Result<Vec<u8>, offline::Error> {
    let mut bytes = Vec::new();
    Joined::open(Box::new(Folder(path.to_owned())))?
        .read_to_end(&mut bytes)
        .map_err(offline::Error::of_read)?;
    Ok(bytes)
}

#[test]
fn volumes_are_the_bundle_again() {
    let dir = tempfile::tempdir().unwrap();
    let good = large(5);
    let (_, head) = manifest(&good);
    let least = volumes::least_size(head);
    for (size, count) in [(least, 4), (least + RANGE, 2), (1 << 30, 1)] {
        let (path, found) = cut(dir.path(), "b.vtb", &good, size);
        assert_eq!(found, count);
        for number in 1..=count {
            let volume = fs::read(volumes::path(&path, number)).unwrap();
            assert!(volume.len() as u64 <= size);
            assert!(volumes::is_volume(volume.as_slice()).unwrap());
            // Each can be believed by itself.
            let bundle = offline::read::open(volume.as_slice()).unwrap();
            bundle.verify(&trusted()).unwrap();
        }
        assert!(joined(&path).unwrap() == good);
        let set = Set::open(&path, &trusted()).unwrap();
        let (manifest, head) = manifest(&good);
        let found = survey::survey(&set, &manifest, head, &mut Silent).unwrap();
        assert!(found.is_clean());
    }
    assert!(!volumes::is_volume(good.as_slice()).unwrap());
    let (_, file) = placed(dir.path(), "again", &good);
    let refused = volumes::split(&file, head, least - 1, |_| Ok(io::sink()), &mut Silent);
    assert!(refused.is_err());
}

#[test]
fn a_volume_that_does_not_belong_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let good = large(6);
    let (_, head) = manifest(&good);
    let least = volumes::least_size(head);
    let (path, _) = cut(dir.path(), "b.vtb", &good, least);
    let (other, _) = cut(dir.path(), "o.vtb", &large(7), least);
    let second = volumes::path(&path, 2);
    let whole = fs::read(&second).unwrap();

    fs::remove_file(&second).unwrap();
    let missing = Set::open(&path, &trusted()).unwrap_err();
    assert!(
        matches!(missing.kind(), Kind::NoVolume { number: 2 }),
        "{missing}"
    );

    fs::copy(volumes::path(&path, 3), &second).unwrap();
    for refused in [
        joined(&path).unwrap_err(),
        Set::open(&path, &trusted()).unwrap_err(),
    ] {
        let wrong = matches!(
            refused.kind(),
            Kind::WrongVolume {
                expected: 2,
                found: 3
            }
        );
        assert!(
            wrong && refused.to_string().contains("volume 2"),
            "{refused}"
        );
    }
    fs::copy(volumes::path(&other, 2), &second).unwrap();
    for refused in [
        joined(&path).unwrap_err(),
        Set::open(&path, &trusted()).unwrap_err(),
    ] {
        assert!(matches!(refused.kind(), Kind::Volume(_)), "{refused}");
    }
    // A label that lies: the content of another slice under the right number.
    let third = fs::read(volumes::path(&path, 3)).unwrap();
    let label = head as usize..head as usize + 1024;
    let mut lying = third;
    lying[label.clone()].copy_from_slice(&whole[label]);
    fs::write(&second, &lying).unwrap();
    assert!(crate::support::read(&joined(&path).unwrap(), &trusted()).is_err());

    for bad in [
        &whole[..whole.len() - 1],
        &whole[..5000],
        &[&whole[..], b"x"].concat(),
        b"",
    ] {
        fs::write(&second, bad).unwrap();
        assert!(joined(&path).is_err());
    }
}

#[test]
fn damage_in_a_volume_is_healed_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let good = large(8);
    let (manifest, head) = manifest(&good);
    let least = volumes::least_size(head);
    let (path, _) = cut(dir.path(), "b.vtb", &good, least);
    let third = volumes::path(&path, 3);
    let whole = fs::read(&third).unwrap();
    let mut bad = whole.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    bad.truncate(whole.len() - 2000);
    fs::write(&third, &bad).unwrap();

    let set = Set::open_for_repair(&path, &trusted()).unwrap();
    let found = survey::survey(&set, &manifest, head, &mut Silent).unwrap();
    let damage = found.damage(&manifest, &set);
    assert_eq!(damage[0].volume, Some(3));
    let request = repair::Request::new(&held(&path), &found);
    let (original, _) = placed(dir.path(), "good", &good);
    let mut answer = Vec::new();
    repair::answer(&held(&original), &request, &mut answer).unwrap();
    repair::heal(&set, answer.as_slice(), &trusted()).unwrap();
    let found = survey::survey(&set, &manifest, head, &mut Silent).unwrap();
    assert!(found.is_clean());
    assert!(joined(&path).unwrap() == good);
    assert!(fs::read(&third).unwrap() == whole);
}
