//! Damage of what the hash tree does not cover: copies of the head, labels, and ends of volumes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{empty, resigned, sealed, trust_in, trusted};
use license::trust::Trust;
use offline::error::Kind;
use offline::progress::Silent;
use offline::ranges::RANGE;
use offline::write::Content;
use offline::{Held, repair, volumes};

/// A bundle of four ranges whose bytes do not repeat.
fn large(seed: u64) -> Vec<u8> {
    let mut draft = empty();
    let mut state = seed;
    let bytes = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    let bytes: Vec<u8> = bytes.take(3 * RANGE as usize + 1000).collect();
    draft.add_file("a", 0o644, Content::Bytes(bytes)).unwrap();
    sealed(draft)
}

/// Cuts a bundle into volumes of `ranges` ranges each; where they are, and the size of the head.
fn cut(dir: &Path, name: &str, bytes: &[u8], ranges: u64) -> (PathBuf, usize) {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    let held = Held::open(&path, &trusted()).unwrap();
    let size = volumes::least_size(held.head) + (ranges - 1) * RANGE;
    let open = |number| fs::File::create(volumes::path(&path, number));
    volumes::split(held.medium.as_ref(), held.head, size, open, &mut Silent).unwrap();
    fs::remove_file(&path).unwrap();
    (path, held.head as usize)
}

fn edit(path: &Path, number: u32, change: impl FnOnce(&mut Vec<u8>)) {
    let path = volumes::path(path, number);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// What a survey says.
fn said(path: &Path) -> Vec<String> {
    let held = Held::open(path, &trusted()).unwrap();
    let survey = held.survey(&mut Silent).unwrap();
    assert_eq!(survey.is_clean(), held.describe(&survey).is_empty());
    held.describe(&survey)
}

fn heal(path: &Path, answer: &[u8]) -> Result<repair::Answered, offline::Error> {
    let trust = trusted();
    let answer = repair::Answer::open(answer, &trust)?;
    let medium = answer.medium(path)?;
    answer.heal(medium.as_ref())
}

/// The answer of a good copy, to a request for the head or for what was found.
fn answered(good: &Path, request: &repair::Request) -> Vec<u8> {
    let mut answer = Vec::new();
    repair::answer(&Held::open(good, &trusted()).unwrap(), request, &mut answer).unwrap();
    answer
}

fn all(path: &Path) -> Vec<Vec<u8>> {
    let there = (1..).map_while(|number| fs::read(volumes::path(path, number)).ok());
    there.collect()
}

#[test]
fn damage_of_a_head_or_label_is_named_and_healed() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = large(1);
    let good = dir.path().join("good.vtb");
    fs::write(&good, &bytes).unwrap();
    let (path, head) = cut(dir.path(), "b.vtb", &bytes, 1);
    let whole = all(&path);
    let places = [
        (3, "bundle.json"),
        (105, "bundle.json"),
        (700, "bundle.json"),
        (head - 1, "bundle.json.minisig"),
        (head + 1, "volume.json"),
        // The number of the label, and how many there are: each reads well and is false.
        (
            head + 512 + at_of(&whole[1][head + 512..], "\"number\":"),
            "volume.json",
        ),
        (
            head + 512 + at_of(&whole[1][head + 512..], "\"count\":"),
            "volume.json",
        ),
        (head + 1023, "volume.json"),
        (head + 1024 + 130, "slice"),
    ];
    for number in 1..=4 {
        for (at, member) in places {
            edit(&path, number, |bytes| bytes[at] ^= 1);
            let lines = said(&path);
            let expected = format!(
                "damaged: volume {number}, within 1 bytes from byte {at} of the volume, in its {member}"
            );
            assert_eq!(lines, [expected], "by its name");
            assert_eq!(said(&volumes::path(&path, number)), lines, "by its number");
            // One after the other, it is refused as well.
            let nobody = Box::new(|_: u32, _: &Path| None);
            let refused = volumes::open(&path, nobody).and_then(|stream| {
                let bundle = offline::read::open(stream.reader)?.verify(&trusted())?;
                bundle.copy_to(&mut std::io::sink(), &mut Silent)
            });
            assert!(refused.is_err(), "volume {number}, byte {at}");

            let held = Held::open(&path, &trusted()).unwrap();
            let survey = held.survey(&mut Silent).unwrap();
            let found = repair::Request::new(&held, &survey);
            for request in [repair::Request::for_head(), found] {
                heal(&path, &answered(&good, &request)).unwrap();
                assert!(all(&path) == whole, "volume {number}, byte {at}");
                edit(&path, number, |bytes| bytes[at] ^= 1);
            }
            heal(&path, &answered(&good, &repair::Request::for_head())).unwrap();
            assert!(said(&path).is_empty());
        }
    }
}

/// Where the value behind some words begins.
fn at_of(bytes: &[u8], words: &str) -> usize {
    let mut windows = bytes.windows(words.len());
    windows
        .position(|window| window == words.as_bytes())
        .unwrap()
        + words.len()
}

/// One copy of the head is enough; without any, the answer says what it has to be.
#[test]
fn heads_may_be_damaged_in_all_volumes_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = large(2);
    let good = dir.path().join("good.vtb");
    fs::write(&good, &bytes).unwrap();
    let (path, head) = cut(dir.path(), "b.vtb", &bytes, 2);
    let whole = all(&path);
    assert_eq!(whole.len(), 2);
    edit(&path, 1, |bytes| bytes[600] ^= 1);
    assert_eq!(said(&path).len(), 1);
    edit(&path, 2, |bytes| bytes[head - 3] ^= 1);
    let refused = Held::open(&path, &trusted()).unwrap_err().to_string();
    assert!(refused.contains("volume 1"), "{refused}");
    heal(&path, &answered(&good, &repair::Request::for_head())).unwrap();
    assert!(all(&path) == whole);
}

/// What is wrong with the head comes before what is wrong with the label: that is not looked into.
#[test]
fn no_label_is_parsed_before_the_head_holds() {
    let dir = tempfile::tempdir().unwrap();
    let (path, head) = cut(dir.path(), "b.vtb", &large(6), 1);
    let (one, _) = cut(dir.path(), "one.vtb", &large(6), 4);
    for size in [0, 511, 512] {
        // One that says that its slice ends before the block that was read ahead.
        let slice = offline::EntryName::new("slice").unwrap();
        edit(&one, 1, |bytes| {
            bytes[head + 1024..head + 1536]
                .copy_from_slice(&offline::header::header(&slice, size, 0o644));
        });
        let nobody = Box::new(|_: u32, _: &Path| None);
        let mut stream = volumes::open(&one, nobody).unwrap().reader;
        assert!(std::io::copy(&mut stream, &mut std::io::sink()).is_err());
    }
    edit(&path, 1, |bytes| bytes[head + 512..head + 520].fill(b'{'));
    let open = |trust: &Trust| {
        let nobody = Box::new(|_: u32, _: &Path| None);
        let stream = volumes::open(&path, nobody).unwrap();
        let bundle = offline::read::open(stream.reader)?.verify(trust)?;
        bundle.copy_to(&mut std::io::sink(), &mut Silent)
    };
    let refused = open(&trust_in(&[9])).unwrap_err();
    assert!(matches!(refused.kind(), Kind::Refused(_)), "{refused}");
    let refused = open(&trusted()).unwrap_err();
    assert!(matches!(refused.kind(), Kind::Volume(_)), "{refused}");
    edit(&path, 1, |bytes| bytes[700] ^= 1);
    let refused = open(&trusted()).unwrap_err();
    assert!(matches!(refused.kind(), Kind::Refused(_)), "{refused}");
}

/// Damage of a slice, of a head and of ends together: each is a line of its own.
#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = large(3);
    let good = dir.path().join("good.vtb");
    fs::write(&good, &bytes).unwrap();
    let (path, head) = cut(dir.path(), "b.vtb", &bytes, 2);
    let whole = all(&path);
    let size = whole[0].len();
    edit(&path, 1, |bytes| {
        bytes[700] ^= 1;
        bytes[head + 1536 + RANGE as usize + 99] ^= 1;
        bytes[size - 1] ^= 1;
    });
    edit(&path, 2, |bytes| bytes.truncate(bytes.len() - 100));
    let lines = said(&path);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines[0].contains("volume 1, within 1 bytes from byte 700"),
        "{lines:#?}"
    );
    assert!(lines[1].contains("volume 1, its end"), "{lines:#?}");
    assert!(
        lines[2].contains("the last 100 of") && lines[2].contains("of volume 2"),
        "{lines:#?}"
    );
    assert!(lines[3].contains("volume 1, within"), "{lines:#?}");
    let held = Held::open(&path, &trusted()).unwrap();
    let request = repair::Request::new(&held, &held.survey(&mut Silent).unwrap());
    heal(&path, &answered(&good, &request)).unwrap();
    assert!(all(&path) == whole);
    edit(&path, 2, |bytes| bytes.push(0));
    assert!(said(&path)[0].contains("volume 2, its end"));
}

/// What belongs elsewhere is never called damaged, and never overwritten.
#[test]
fn volumes_of_other_bundles_and_other_sets_are_told_from_damage() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = large(4);
    let good = dir.path().join("good.vtb");
    fs::write(&good, &bytes).unwrap();
    let answer = answered(&good, &repair::Request::for_head());
    let (path, _) = cut(dir.path(), "b.vtb", &bytes, 1);
    let (other, _) = cut(dir.path(), "o.vtb", &large(5), 1);
    // The same release with the same content, signed once more as something else.
    let same_content = resigned(&bytes, &|manifest| manifest["created"] = 1.into());
    let (resealed, _) = cut(dir.path(), "r.vtb", &same_content, 1);
    let (wider, _) = cut(dir.path(), "w.vtb", &bytes, 2);
    let strangers: [(&Path, u32, &str); 4] = [
        (&other, 2, "another bundle"),
        (&resealed, 2, "another bundle"),
        (&wider, 2, "another set"),
        (&path, 3, "volume 2 has to come"),
    ];
    for (from, number, words) in strangers {
        let second = volumes::path(&path, 2);
        let own = fs::read(&second).unwrap();
        fs::copy(volumes::path(from, number), &second).unwrap();
        let before = all(&path);
        for refused in [
            Held::open(&path, &trusted()).unwrap_err(),
            heal(&path, &answer).unwrap_err(),
        ] {
            assert!(refused.to_string().contains(words), "{refused}");
            assert!(refused.to_string().contains("volume 2"), "{refused}");
            assert!(matches!(
                refused.kind(),
                Kind::Volume(_) | Kind::WrongVolume { .. }
            ));
        }
        assert!(all(&path) == before);
        fs::write(&second, own).unwrap();
    }
    // An answer about one bundle does nothing to volumes of another.
    assert!(heal(&other, &answer).is_err());
    assert!(said(&other).is_empty());
}
